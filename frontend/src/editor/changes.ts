import type { Transaction } from "@tiptap/pm/state"

/** The stretch of the new document that a transaction touched (the hull of it), or null when it changed nothing. */
export function touchedRange(transaction: Transaction): { from: number; to: number } | null {
  let from = Number.POSITIVE_INFINITY
  let to = -1
  transaction.mapping.maps.forEach((map, index) => {
    const rest = transaction.mapping.slice(index + 1)
    map.forEach((_oldStart, _oldEnd, newStart, newEnd) => {
      from = Math.min(from, rest.map(newStart, -1))
      to = Math.max(to, rest.map(newEnd, 1))
    })
  })
  return to < 0 ? null : { from: Math.max(0, from), to: Math.min(to, transaction.doc.content.size) }
}
