import { useSyncExternalStore } from "react"
import type { KeptSummary } from "../../local/database"
import { local } from "./local"

/** Which documents this browser keeps, for lists and menus. Looked up while somebody wants to know. */
type Kept = ReadonlyMap<string, KeptSummary>

const NOTHING: Kept = new Map()
const GATHER_MS = 250

let kept = NOTHING
let timer: ReturnType<typeof setTimeout> | undefined
let stop: (() => void) | undefined
const listeners = new Set<() => void>()

export async function lookAtKept(): Promise<void> {
  const all = (await local()?.summaries().catch(() => [])) ?? []
  kept = new Map(all.map((each) => [each.id, each]))
  for (const listener of [...listeners]) listener()
}

function lookSoon(): void {
  timer ??= setTimeout(() => {
    timer = undefined
    void lookAtKept()
  }, GATHER_MS)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (listeners.size === 1) {
    stop = local()?.subscribe(lookSoon)
    // Other tabs write, too.
    window.addEventListener("focus", lookSoon)
    void lookAtKept()
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    stop?.()
    window.removeEventListener("focus", lookSoon)
    clearTimeout(timer)
    timer = undefined
  }
}

const never = () => () => undefined

/** Nothing while `wanted` is false, at no cost. */
export const useKept = (wanted: boolean): Kept => useSyncExternalStore(wanted ? subscribe : never, () => (wanted ? kept : NOTHING))

/** Whether it can be opened without a network. */
export const isHere = (kept: Kept, document: string): boolean => kept.get(document)?.whole === true

/** Edits that wait for the server, in how many documents. */
export function waitingIn(kept: Kept): { edits: number; documents: number } {
  let edits = 0
  let documents = 0
  for (const { waiting } of kept.values()) {
    edits += waiting
    if (waiting > 0) documents++
  }
  return { edits, documents }
}
