import type { QueryClient, QueryKey } from "@tanstack/react-query"
import type { UserEvent } from "../../sync"
import { keys } from "./keys"

/**
 * What we may no longer believe after an event. Events say that something changed, never to what: asking again is what
 * keeps rights in one place, and losing an event costs nothing once `hello` follows the reconnect.
 */
export function madeStale(event: UserEvent): QueryKey[] {
  switch (event.kind) {
    case "hello":
      return [[]]
    case "documents":
      return [
        keys.tree(event.workspace),
        keys.list("favourite"),
        keys.list("recent"),
        keys.list("shared"),
        keys.list("trashed"),
        ...event.documents.map(keys.document),
      ]
    case "memberships":
      return [keys.me, keys.documents, keys.workspace(event.workspace)]
    case "access":
      return [keys.me, keys.documents, ...event.documents.map(keys.document)]
    case "favourites":
      return [keys.documents]
    case "notification":
    case "notifications":
      return [keys.notifications]
    case "event":
    case "signed-out":
      return []
  }
}

/** Typing makes an event a second for everyone who sees the document, and one list can hold hundreds of them. */
const GATHER_MS = 250

/** Events in, invalidations out, those of a burst in one go. */
export function invalidateFromEvents(client: QueryClient): { take(event: UserEvent): void; stop(): void } {
  const waiting = new Map<string, QueryKey>()
  let greeted = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    timer = undefined
    const stale = [...waiting.values()]
    waiting.clear()
    // The page's first requests are under way when the first greeting comes: asking for a long list twice would only make
    // it late, and the moment between its being read and the greeting is short. After a gap they are asked anew.
    const cancelRefetch = greeted || !stale.some((key) => key.length === 0)
    greeted = true
    for (const queryKey of stale) void client.invalidateQueries({ queryKey }, { cancelRefetch })
  }
  return {
    take(event) {
      for (const key of madeStale(event)) waiting.set(JSON.stringify(key), key)
      if (waiting.size > 0) timer ??= setTimeout(flush, GATHER_MS)
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
