import { useSyncExternalStore } from "react"

/** The build of this page, as the server named it; empty where pages are made without (tests). */
const ours = (): string => document.querySelector<HTMLMetaElement>('meta[name="weft-build"]')?.content ?? ""

let newer = false
const listeners = new Set<() => void>()

/** The server names the pages it serves with every answer. Another name than ours: there is a newer version of us. */
export function serverServes(build: string | null): void {
  if (newer || !build || !ours() || build === ours()) return
  newer = true
  for (const listener of [...listeners]) listener()
}

export const useNewerBuild = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => newer,
  )

/** Pages come from the network first, so that this brings the new one, whichever service worker is in charge. */
export const reloadPage = (): void => location.reload()
