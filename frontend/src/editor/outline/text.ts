import type { Node as PmNode } from "@tiptap/pm/model"

/** A heading of the document and where it begins. */
export type Heading = { pos: number; level: number; text: string }

/*
 * Both readings keep what they found per top-level block. Blocks are immutable and shared between versions, so after an
 * edit only the edited ones are read again, and a long document costs a walk over its block list.
 */
const headingsOf = new WeakMap<PmNode, readonly Heading[]>()
const wordsOf = new WeakMap<PmNode, number>()

/** All headings in order, also those within boxes and toggles. */
export function headingsIn(doc: PmNode): Heading[] {
  const found: Heading[] = []
  doc.forEach((block, offset) => {
    for (const heading of ownHeadings(block)) found.push({ ...heading, pos: heading.pos + offset })
  })
  return found
}

/** How many words a document holds. Scripts written without spaces are counted by their characters, as is usual. */
export function wordCount(doc: PmNode): number {
  let sum = 0
  doc.forEach((block) => {
    let words = wordsOf.get(block)
    if (words === undefined) {
      words = countWords(block.textBetween(0, block.content.size, "\n", "\n"))
      wordsOf.set(block, words)
    }
    sum += words
  })
  return sum
}

const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}]+(?:['’.,·-][\p{L}\p{N}]+)*/gu

export function countWords(text: string): number {
  return text.match(WORD)?.length ?? 0
}

function ownHeadings(block: PmNode): readonly Heading[] {
  let own = headingsOf.get(block)
  if (own) return own
  const found: Heading[] = []
  const take = (node: PmNode, pos: number) => {
    if (node.type.name !== "heading") return !node.isTextblock
    found.push({ pos, level: Number(node.attrs.level), text: node.textContent })
    return false
  }
  if (take(block, 0)) block.descendants((node, pos) => take(node, pos + 1))
  own = found
  headingsOf.set(block, own)
  return own
}
