import type { Node as PmNode } from "@tiptap/pm/model"

export type Match = { from: number; to: number }
export type Query = { words: string; matchCase: boolean }

/** More than this are counted but not shown; nobody steps through them. */
export const MOST_MATCHES = 2000

/** The pattern a query means, or null for an empty one. */
export function pattern({ words, matchCase }: Query): RegExp | null {
  if (words === "") return null
  return new RegExp(words.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), matchCase ? "gu" : "giu")
}

/** Every occurrence within the text blocks that touch a stretch of the document. Words split by bold are found as well. */
export function findMatches(
  doc: PmNode,
  expression: RegExp,
  { from = 0, to = doc.content.size, most = MOST_MATCHES } = {},
): Match[] {
  const found: Match[] = []
  doc.nodesBetween(from, to, (node, pos) => {
    if (!node.isTextblock) return true
    if (found.length >= most) return false
    // One character stands for each inline leaf, so offsets in the text are offsets in the node.
    const text = node.textBetween(0, node.content.size, undefined, "\ufffc")
    for (const match of text.matchAll(expression)) {
      const start = pos + 1 + match.index
      found.push({ from: start, to: start + match[0].length })
    }
    return false
  })
  return found
}
