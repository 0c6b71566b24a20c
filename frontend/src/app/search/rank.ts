import type { Document } from "../../api/types"
import { titleOf } from "../tree/model"

/**
 * Nearest first: a title that starts so, one with a word that starts so, one that contains it, one that has its letters in
 * order, and last what only the server `found`, in the text. Among equals the freshest.
 */
export function rank(known: readonly Document[], found: readonly Document[], wanted: string): Document[] {
  const needle = wanted.toLocaleLowerCase()
  const candidates = new Map<string, { document: Document; distance: number }>()
  for (const document of found) candidates.set(document.id, { document, distance: distance(document, needle) })
  for (const document of known) {
    const far = distance(document, needle)
    if (far < ELSEWHERE) candidates.set(document.id, { document, distance: far })
  }
  return [...candidates.values()]
    .sort((a, b) => a.distance - b.distance || b.document.updated_at.localeCompare(a.document.updated_at))
    .map(({ document }) => document)
}

const ELSEWHERE = 4

function distance(document: Document, needle: string): number {
  const title = titleOf(document).toLocaleLowerCase()
  if (title.startsWith(needle)) return 0
  if (title.split(/[\s/_-]+/).some((word) => word.startsWith(needle))) return 1
  if (title.includes(needle)) return 2
  let at = 0
  for (const letter of title) if (letter === needle[at]) at += 1
  return at === needle.length ? 3 : ELSEWHERE
}
