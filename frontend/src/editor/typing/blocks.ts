import type { Editor } from "@tiptap/core"
import { Fragment, type Node as PmNode, type ResolvedPos } from "@tiptap/pm/model"
import { type EditorState, NodeSelection, Selection, TextSelection, type Transaction } from "@tiptap/pm/state"

/** A block that is moved, doubled or deleted as one: its node, where it begins, and the depth it hangs at. */
export type Block = { node: PmNode; pos: number }

const CONTAINERS = new Set(["doc", "blockquote", "callout", "detailsContent", "bulletList", "orderedList", "taskList"])

/** The smallest whole block around a position: a list's item, not the list; a table, not its cell. */
export function blockAround($pos: ResolvedPos): Block | null {
  for (let depth = $pos.depth; depth > 0; depth--) {
    const parent = $pos.node(depth - 1)
    const node = $pos.node(depth)
    if (!CONTAINERS.has(parent.type.name)) continue
    // The text of an item is moved with its item.
    return { node, pos: $pos.before(depth) }
  }
  const after = $pos.nodeAfter
  return after?.isBlock ? { node: after, pos: $pos.pos } : null
}

export function selectedBlock(state: EditorState): Block | null {
  const { selection } = state
  if (selection instanceof NodeSelection && selection.node.isBlock) return { node: selection.node, pos: selection.from }
  return blockAround(selection.$from)
}

/** Exchanges a block with its neighbour, or carries a nested one out past its container's edge. */
export function moveBlock(state: EditorState, block: Block, direction: -1 | 1): Transaction | null {
  const $pos = state.doc.resolve(block.pos)
  const parent = $pos.parent
  const index = $pos.index()
  const neighbour = parent.maybeChild(index + direction)
  if (!neighbour) return null
  const from = direction < 0 ? block.pos - neighbour.nodeSize : block.pos
  const pair = direction < 0 ? [block.node, neighbour] : [neighbour, block.node]
  const size = block.node.nodeSize + neighbour.nodeSize
  const transaction = state.tr.replaceWith(from, from + size, Fragment.from(pair))
  const landed = direction < 0 ? from : from + neighbour.nodeSize
  return keepSelection(transaction, state, block, landed).scrollIntoView()
}

export function duplicateBlock(state: EditorState, block: Block): Transaction {
  const after = block.pos + block.node.nodeSize
  const transaction = state.tr.insert(
    after,
    block.node.type.create(block.node.attrs, block.node.content, block.node.marks),
  )
  return keepSelection(transaction, state, block, after).scrollIntoView()
}

export function deleteBlock(state: EditorState, block: Block): Transaction {
  const $pos = state.doc.resolve(block.pos)
  // The last item takes its list with it; the last block leaves an empty line.
  let depth = $pos.depth
  let { pos, node } = block
  while (depth > 0 && $pos.node(depth).childCount === 1 && /List$/.test($pos.node(depth).type.name)) {
    node = $pos.node(depth)
    pos = $pos.before(depth)
    depth--
  }
  const holder = state.doc.resolve(pos).parent
  const transaction = state.tr
  if (holder.childCount === 1) {
    const line = state.schema.nodes.paragraph?.create()
    if (line) transaction.replaceWith(pos, pos + node.nodeSize, line)
  } else {
    transaction.delete(pos, pos + node.nodeSize)
  }
  const at = Math.min(pos, transaction.doc.content.size)
  return transaction.setSelection(Selection.near(transaction.doc.resolve(at), 1)).scrollIntoView()
}

/** Puts the selection where it was within the block, now that the block begins at `landed`. */
function keepSelection(transaction: Transaction, state: EditorState, block: Block, landed: number): Transaction {
  const { selection } = state
  const end = block.pos + block.node.nodeSize
  if (selection instanceof NodeSelection && selection.from === block.pos) {
    return transaction.setSelection(NodeSelection.create(transaction.doc, landed))
  }
  const clamp = (pos: number) => Math.min(Math.max(pos, block.pos), end) - block.pos + landed
  const anchor = transaction.doc.resolve(clamp(selection.anchor))
  const head = transaction.doc.resolve(clamp(selection.head))
  return transaction.setSelection(TextSelection.between(anchor, head))
}

/** Puts the caret into a block, so that commands which work on the selection work on it. */
export function enterBlock(editor: Editor, block: Block): void {
  const { doc } = editor.state
  const selection = block.node.isAtom
    ? NodeSelection.create(doc, block.pos)
    : Selection.near(doc.resolve(block.pos + 1), 1)
  editor.view.dispatch(editor.state.tr.setSelection(selection))
}
