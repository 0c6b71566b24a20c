import { useMemo, useSyncExternalStore } from "react"
import type { Status } from "../../sync"

/** Acks come back within milliseconds; a word that changed twice a keystroke would only be noise. */
const SETTLE_MS = 500

interface Provider {
  readonly status: Status
  subscribe(listener: () => void): () => void
}

/**
 * A provider's status, but "saving" stays until nothing was left to save for a moment. It errs on the one side that harms
 * nobody: "Saved" may come late, never early. Outside of React, which takes a chain of renders for a loop that fast typing
 * makes when each sets a state in an effect.
 */
export function useSettledStatus(provider: Provider): Status {
  const store = useMemo(() => settled(provider), [provider])
  return useSyncExternalStore(store.subscribe, store.get)
}

function settled(provider: Provider) {
  let shown = provider.status
  const catchUp = () => {
    shown = provider.status
  }
  return {
    get: () => shown,
    subscribe(listener: () => void): () => void {
      let timer: ReturnType<typeof setTimeout> | undefined
      const show = () => {
        catchUp()
        listener()
      }
      const stop = provider.subscribe(() => {
        clearTimeout(timer)
        const { status } = provider
        if (status.kind === "saved" && shown.kind === "saving") timer = setTimeout(show, SETTLE_MS)
        else if (status.kind !== "saving" || shown.kind !== "saving") show()
      })
      catchUp()
      return () => {
        stop()
        clearTimeout(timer)
      }
    },
  }
}
