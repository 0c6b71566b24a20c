import { useCallback, useEffect, useState, useSyncExternalStore } from "react"
import type { Doc } from "yjs"
import type { Diagnosis, Status, WeftProvider } from "../../sync"
import { hold, letGo, type LiveDocument } from "./liveDocuments"

export function useLiveDocument(id: string): LiveDocument | null {
  const [live, setLive] = useState<LiveDocument | null>(null)
  useEffect(() => {
    setLive(hold(id))
    return () => letGo(id)
  }, [id])
  return live
}

/** Whether the document was received in full since it was opened. */
export function useSynced(provider: WeftProvider): boolean {
  const [synced, setSynced] = useState(false)
  useEffect(() => {
    let current = true
    void provider.whenSynced.then(() => current && setSynced(true))
    return () => {
      current = false
    }
  }, [provider])
  return synced
}

export function useStatus(provider: WeftProvider): Status {
  const subscribe = useCallback((listener: () => void) => provider.subscribe(listener), [provider])
  return useSyncExternalStore(subscribe, () => provider.status)
}

export function useDiagnosis(provider: WeftProvider): Diagnosis {
  const subscribe = useCallback((listener: () => void) => provider.subscribe(listener), [provider])
  return useSyncExternalStore(subscribe, () => provider.diagnosis)
}

export function useReadOnly(provider: WeftProvider): boolean {
  const subscribe = useCallback((listener: () => void) => provider.subscribe(listener), [provider])
  return useSyncExternalStore(subscribe, () => provider.readOnly)
}

/** The title as everyone types it. */
export function useLiveTitle(doc: Doc): string {
  const subscribe = useCallback(
    (listener: () => void) => {
      const title = doc.getText("title")
      title.observe(listener)
      return () => title.unobserve(listener)
    },
    [doc],
  )
  return useSyncExternalStore(subscribe, () => doc.getText("title").toString())
}

/** Acks come back within milliseconds; a word that changed twice a keystroke would only be noise. */
const SETTLE_MS = 500

/**
 * `status`, but "saving" stays until nothing was left to save for a moment. It errs on the one side that harms nobody:
 * "Saved" may come late, never early.
 */
export function useSettled(status: Status): Status {
  const [settled, setSettled] = useState(status)
  const wait = status.kind === "saved" && settled.kind === "saving"
  useEffect(() => {
    if (!wait) {
      setSettled(status)
      return
    }
    const timer = setTimeout(() => setSettled(status), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [status, wait])
  // What is worse than "saving" must not wait for the effect above.
  return wait ? settled : status
}
