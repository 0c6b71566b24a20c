import type { Obstacles, Remembered } from "./ladder"
import type { TransportKind } from "./transport"

/** What worked here a short while ago, so that the next document opens at once. */
export interface Memory {
  recall(): Remembered | null
  /** null: nothing worth remembering, the best works. */
  keep(remembered: Remembered | null): void
}

/** Of a browser's Storage, what is needed here. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">

/** People carry their laptops from one network into another. */
const KEPT_FOR = 30 * 60_000

const KINDS: ReadonlySet<unknown> = new Set<TransportKind>(["websocket", "sse", "poll"])

/** One entry an origin. A store that throws, as in private windows, remembers nothing. */
export function memoryOf(store: Store | null, origin: string): Memory {
  const key = `weft.transport ${origin}`
  return {
    recall() {
      try {
        const { kind, obstacles, until } = JSON.parse(store?.getItem(key) ?? "{}") as { kind?: TransportKind; obstacles?: Obstacles; until?: number }
        if (!KINDS.has(kind) || (until ?? 0) < Date.now()) return null
        return { kind: kind!, obstacles: obstacles ?? {} }
      } catch {
        return null
      }
    },
    keep(remembered) {
      try {
        if (remembered === null) store?.removeItem(key)
        else store?.setItem(key, JSON.stringify({ ...remembered, until: Date.now() + KEPT_FOR }))
      } catch {
        // Full, or forbidden.
      }
    },
  }
}
