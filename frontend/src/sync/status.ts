import type { Outbox } from "./outbox"

/** What is true of our edits. `waiting` counts those that the server hasn't acknowledged as committed. */
export type Status =
  /** Nothing of the document was received yet. */
  | { kind: "connecting"; waiting: number }
  /** All that this document holds here is committed by the server's database. */
  | { kind: "saved"; waiting: 0 }
  | { kind: "saving"; waiting: number }
  /** No connection; `retryAt` is null while one is being tried. */
  | { kind: "offline"; waiting: number; retryAt: number | null }
  /** Connected, but edits don't get saved. Sending goes on. */
  | { kind: "unsaved"; waiting: number }
  /** It won't connect again by itself. What waits is only here. */
  | { kind: "ended"; waiting: number; reason: EndReason }

export type EndReason = "signed-out" | "forbidden" | "gone" | "too-large" | "out-of-date"

/** Close codes after which trying again can't help. All others are tried again. */
const ENDINGS: Readonly<Record<number, EndReason>> = {
  4401: "signed-out",
  4403: "forbidden",
  4404: "gone",
  4413: "too-large",
  4426: "out-of-date",
}

export const endReason = (code: number): EndReason | null => ENDINGS[code] ?? null

/** An ack that takes longer than this is no longer "saving". */
export const PATIENCE = 5_000

/** Where the link to the server stands, as far as the status goes. `returning`: both sides were equal once before. */
export type Link =
  | { kind: "ended"; reason: EndReason }
  | { kind: "away"; retryAt: number | null; returning: boolean }
  /** Each side has told what it had. `settled`: all was saved when another transport took over, and is told anew only. */
  | { kind: "told"; databaseDown: boolean; readOnly: boolean; returning: boolean; settled: boolean }

export function statusOf(link: Link, outbox: Outbox, now: number): Status {
  const waiting = outbox.waiting
  switch (link.kind) {
    case "ended":
      return { kind: "ended", waiting, reason: link.reason }
    case "away":
      if (!link.returning && link.retryAt === null) return { kind: "connecting", waiting }
      return { kind: "offline", waiting, retryAt: link.retryAt }
    case "told": {
      const late = outbox.waitingSince !== null && now - outbox.waitingSince >= PATIENCE
      if (link.databaseDown || late || (link.readOnly && waiting > 0)) return { kind: "unsaved", waiting }
      if (outbox.isEmpty || (link.settled && waiting === 0)) return { kind: "saved", waiting: 0 }
      // On the way in, the ack of a SyncStep2 without edits of ours is part of connecting.
      return waiting === 0 && !link.returning ? { kind: "connecting", waiting } : { kind: "saving", waiting }
    }
  }
}

export function sameStatus(a: Status, b: Status): boolean {
  return (
    a.kind === b.kind &&
    a.waiting === b.waiting &&
    (a.kind !== "offline" || a.retryAt === (b as typeof a).retryAt) &&
    (a.kind !== "ended" || a.reason === (b as typeof a).reason)
  )
}
