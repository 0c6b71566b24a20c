import type { Document } from "../../api/types"
import { titleOf } from "../tree/model"
import { fold, termsOf } from "./terms"

/**
 * Nearest first: a title that starts so, one with a word that starts so, one that contains it or all of its words, one that
 * has its letters in order, and last what only the server `found`, in the text. Among equals the freshest.
 */
export function rank<Found extends Document>(known: readonly Document[], found: readonly Found[], wanted: string): (Document | Found)[] {
  const needle: Needle = { whole: fold(wanted), terms: termsOf(wanted) }
  const candidates = new Map<string, { document: Document | Found; distance: number }>()
  for (const document of found) candidates.set(document.id, { document, distance: distance(document, needle) })
  for (const document of known) {
    if (candidates.has(document.id)) continue // as it was found, it tells where as well
    const far = distance(document, needle)
    if (far < ELSEWHERE) candidates.set(document.id, { document, distance: far })
  }
  return [...candidates.values()]
    .sort((a, b) => a.distance - b.distance || b.document.updated_at.localeCompare(a.document.updated_at))
    .map(({ document }) => document)
}

interface Needle {
  whole: string
  terms: string[]
}

const ELSEWHERE = 4

function distance(document: Document, { whole, terms }: Needle): number {
  const title = fold(titleOf(document))
  if (title.startsWith(whole)) return 0
  if (title.split(/[\s/_-]+/).some((word) => word.startsWith(whole))) return 1
  if (terms.every((term) => title.includes(term))) return 2
  let at = 0
  for (const letter of title) if (letter === whole[at]) at += 1
  return at === whole.length ? 3 : ELSEWHERE
}
