import { useSyncExternalStore } from "react"

/** Documents with edits that the server won't take. Whoever made them should hear of it, and decide. */
let refused: readonly string[] = []
const listeners = new Set<() => void>()

export const useRefused = (): readonly string[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => refused,
  )

export function isRefused(id: string, is: boolean): void {
  if (refused.includes(id) === is) return
  refused = is ? [...refused, id] : refused.filter((each) => each !== id)
  for (const listener of [...listeners]) listener()
}
