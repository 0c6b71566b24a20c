import { useSyncExternalStore } from "react"

/**
 * Whether the server can be reached, as far as this page has noticed: from its requests, from the stream of events, and
 * from what the browser says of its network. Good news counts at once; a broken stream only once it didn't come back in a
 * moment, for a server that restarts is no reason to change the page. While it can't be reached it is asked now and then,
 * because a single request may have failed beside a stream that goes on.
 */
const PATIENCE_MS = 2_000
/** Up to twice as long, so that those who lost a server together don't return in step. */
const ASK_EVERY_MS = 4_000

let offline = false
let timer: ReturnType<typeof setTimeout> | undefined
let asking: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

function become(now: boolean): void {
  clearTimeout(timer)
  timer = undefined
  if (offline === now) return
  offline = now
  clearTimeout(asking)
  if (offline) askLater()
  for (const listener of [...listeners]) listener()
}

function askLater(): void {
  asking = setTimeout(() => {
    void askAgain().then(() => {
      if (offline) askLater()
    })
  }, ASK_EVERY_MS * (1 + Math.random()))
}

/** The cheapest thing the server answers. */
export async function askAgain(): Promise<void> {
  try {
    const { ok } = await fetch("/healthz", { cache: "no-store" })
    if (ok) become(false)
  } catch {
    // Still away.
  }
}

export const isOffline = (): boolean => offline

export const serverAnswered = (): void => become(false)

/** A request had no answer. */
export const serverUnreachable = (): void => become(true)

/** The stream of events broke. */
export function streamBroke(): void {
  if (!offline) timer ??= setTimeout(() => become(true), PATIENCE_MS)
}

export function onReach(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useOffline = (): boolean => useSyncExternalStore(onReach, isOffline)
