import { type Editor, Extension } from "@tiptap/core"
import type { Node as PmNode } from "@tiptap/pm/model"
import { type EditorState, Plugin, PluginKey, TextSelection, type Transaction } from "@tiptap/pm/state"
import { Decoration, DecorationSet } from "@tiptap/pm/view"
import { touchedRange } from "../changes"
import { reveal } from "../reveal"
import { findMatches, type Match, MOST_MATCHES, pattern, type Query } from "./matches"

export type Found = { query: Query; matches: Match[]; current: number; shown: DecorationSet }

const NOTHING: Found = { query: { words: "", matchCase: false }, matches: [], current: -1, shown: DecorationSet.empty }

const key = new PluginKey<Found>("find")

type Ask = { query: Query; near: number } | { current: number }

/** Find in the document. While people type, only the blocks they touch are searched again. */
export const Find = Extension.create({
  name: "find",
  addProseMirrorPlugins() {
    return [
      new Plugin<Found>({
        key,
        state: { init: () => NOTHING, apply: (transaction, found) => follow(transaction, found) },
        props: { decorations: (state) => key.getState(state)?.shown },
      }),
    ]
  },
})

export function foundIn(state: EditorState): Found {
  return key.getState(state) ?? NOTHING
}

/** Looks for words from the caret on; an empty query clears what was marked. */
export function find(editor: Editor, query: Query): void {
  const ask: Ask = { query, near: editor.state.selection.from }
  editor.view.dispatch(editor.state.tr.setMeta(key, ask))
  show(editor)
}

export function step(editor: Editor, direction: -1 | 1): void {
  const { matches, current } = foundIn(editor.state)
  if (matches.length === 0) return
  const ask: Ask = { current: (current + direction + matches.length) % matches.length }
  editor.view.dispatch(editor.state.tr.setMeta(key, ask))
  show(editor)
}

export function replaceCurrent(editor: Editor, words: string): void {
  const { matches, current } = foundIn(editor.state)
  const match = matches[current]
  if (!match) return
  editor.view.dispatch(replace(editor.state.tr, match, words))
  show(editor)
}

export function replaceAll(editor: Editor, words: string): number {
  const { query } = foundIn(editor.state)
  const expression = pattern(query)
  if (!expression) return 0
  const matches = findMatches(editor.state.doc, expression, { most: Infinity })
  const { tr } = editor.state
  for (const match of matches.reverse()) replace(tr, match, words)
  editor.view.dispatch(tr)
  return matches.length
}

/** Ends the search and leaves the match that was looked at selected. */
export function stopFinding(editor: Editor): void {
  const { matches, current } = foundIn(editor.state)
  const match = matches[current]
  const { tr } = editor.state
  if (match) tr.setSelection(TextSelection.create(tr.doc, match.from, match.to))
  const ask: Ask = { query: NOTHING.query, near: 0 }
  editor.view.dispatch(tr.setMeta(key, ask))
}

function show(editor: Editor): void {
  const { matches, current } = foundIn(editor.state)
  const match = matches[current]
  if (match) reveal(editor, match.from)
}

/** Keeps the marks of the text that is replaced, as typing over it would. */
function replace(transaction: Transaction, { from, to }: Match, words: string): Transaction {
  if (words === "") return transaction.delete(from, to)
  const marks = transaction.doc.resolve(from).marksAcross(transaction.doc.resolve(to)) ?? []
  return transaction.replaceWith(from, to, transaction.doc.type.schema.text(words, marks))
}

function follow(transaction: Transaction, found: Found): Found {
  const ask = transaction.getMeta(key) as Ask | undefined
  const { doc } = transaction
  if (ask && "query" in ask) {
    const expression = pattern(ask.query)
    if (!expression) return NOTHING
    const matches = findMatches(doc, expression)
    const next = matches.findIndex((match) => match.from >= ask.near)
    return draw(doc, ask.query, matches, matches.length ? Math.max(0, next) : -1)
  }
  if (ask) return draw(doc, found.query, found.matches, ask.current)
  const touched = found.query.words === "" ? null : touchedRange(transaction)
  if (!touched) return found

  const at = found.matches[found.current]
  const matches = refresh(transaction, found, touched)
  const near = at ? transaction.mapping.map(at.from) : 0
  const current = matches.findIndex((match) => match.to > near)
  return draw(doc, found.query, matches, matches.length ? Math.max(0, current) : -1)
}

/** Carries matches along with an edit and searches anew only in the blocks it touched. */
function refresh(transaction: Transaction, { query, matches }: Found, touched: { from: number; to: number }): Match[] {
  const { doc, mapping } = transaction
  let { from, to } = touched
  doc.nodesBetween(from, to, (node, pos) => {
    if (!node.isTextblock) return true
    from = Math.min(from, pos)
    to = Math.max(to, pos + node.nodeSize)
    return false
  })
  const kept = matches
    .map((match) => ({ from: mapping.map(match.from, 1), to: mapping.map(match.to, -1) }))
    .filter((match) => match.to > match.from && (match.to <= from || match.from >= to))
  const expression = pattern(query)
  const fresh = expression ? findMatches(doc, expression, { from, to }) : []
  return [...kept, ...fresh].sort((a, b) => a.from - b.from)
}

function draw(doc: PmNode, query: Query, matches: Match[], current: number): Found {
  const marked = matches
    .slice(0, MOST_MATCHES)
    .map(({ from, to }, index) =>
      Decoration.inline(from, to, { class: index === current ? "weft-found weft-found-current" : "weft-found" }),
    )
  return { query, matches, current, shown: DecorationSet.create(doc, marked) }
}
