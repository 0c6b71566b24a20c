/** What somebody looks for, compared as the server does (`documents/folding.py`, `documents/searching.py`). */

const TERM = /"([^"]*)"|(\S+)/g
const ACCENTS = /^[\u0300-\u036f]*$/
const ASCII = /^[\0-\x7f]*$/

/** One case and no accents, as long as the composed form of `text`: a place in the one is the same place in the other. */
export function fold(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : text.normalize("NFC").replace(/./gsu, foldCharacter)
}

function foldCharacter(character: string): string {
  const orElse = (longer: string, otherwise: string) => (longer.length === otherwise.length ? longer : otherwise)
  const wide = orElse(character.normalize("NFKC"), character)
  const [letter, ...marks] = wide.normalize("NFD")
  const plain = letter !== undefined && ACCENTS.test(marks.join("")) ? orElse(letter, wide) : wide
  // By way of the capital, because a sigma at a word's end has a small letter of its own.
  return orElse(plain.toUpperCase().toLowerCase(), plain)
}

/** What must be found, folded: words, and what stands within quotes as it stands. */
export const termsOf = (query: string): string[] =>
  [...query.matchAll(TERM)].map(([, quoted, word]) => fold((quoted ?? word ?? "").trim().replace(/\s+/g, " "))).filter((term) => term !== "")

/** `text` in pieces, each with whether one of the terms stands there. */
export function marked(text: string, terms: readonly string[]): [piece: string, found: boolean][] {
  const composed = text.normalize("NFC")
  const folded = fold(composed)
  const found = new Uint8Array(composed.length)
  for (const term of terms) {
    for (let at = folded.indexOf(term); at >= 0; at = folded.indexOf(term, at + term.length)) found.fill(1, at, at + term.length)
  }
  const pieces: [string, boolean][] = []
  for (let from = 0, to = 0; from < composed.length; from = to) {
    while (to < composed.length && found[to] === found[from]) to += 1
    pieces.push([composed.slice(from, to), found[from] === 1])
  }
  return pieces
}
