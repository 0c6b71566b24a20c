import { Extension } from "@tiptap/core"
import { Fragment, type Node as PmNode, Slice } from "@tiptap/pm/model"
import { CellSelection } from "@tiptap/pm/tables"
import { Plugin, PluginKey, type Transaction } from "@tiptap/pm/state"
import { ReplaceStep } from "@tiptap/pm/transform"
import type { EditorView } from "@tiptap/pm/view"
import { ySyncPluginKey } from "@tiptap/y-tiptap"

/*
 * y-tiptap 3.0.9 answers each remote update by building the whole ProseMirror document anew and replacing all of it.
 * In a long document that is felt at every keystroke of everyone else, and it loses whatever is anchored by position:
 * found words, coloured code, an open menu, selected cells. Here the nodes Yjs didn't touch are kept, and the replace is
 * narrowed to what differs. It leans on names private to the binding; `narrow.test.ts` fails when an upgrade moves them.
 */

type Binding = {
  mapping: Map<unknown, unknown>
  prosemirrorView: EditorView | null
  _observeFunction: (...event: unknown[]) => void
}

/** Makes remote edits arrive as small steps. */
export const NarrowRemoteEdits = Extension.create({
  name: "narrowRemoteEdits",
  priority: 990, // right after the sync plugin, whose state it needs and whose view must not have started
  addProseMirrorPlugins() {
    return [
      new Plugin({
        key: new PluginKey("narrowRemoteEdits"),
        state: {
          init: (_config, state) => {
            const binding = (ySyncPluginKey.getState(state) as { binding?: Binding } | undefined)?.binding
            if (binding) narrow(binding)
            return null
          },
          apply: () => null,
        },
      }),
    ]
  },
})

const narrowed = new WeakSet<Binding>()

function narrow(binding: Binding): void {
  if (narrowed.has(binding)) return
  narrowed.add(binding)
  let remote = false

  // The binding forgets the changed types one by one, then everything: the second is what we refuse.
  const forgetAll = binding.mapping.clear.bind(binding.mapping)
  binding.mapping.clear = () => {
    if (!remote) forgetAll()
  }

  const observe = binding._observeFunction
  binding._observeFunction = (...event) => {
    remote = true
    try {
      observe(...event)
    } finally {
      remote = false
    }
  }

  Object.defineProperty(binding, "_tr", {
    get() {
      const view = binding.prosemirrorView as EditorView
      const transaction = view.state.tr.setMeta("addToHistory", false)
      return remote ? narrowing(transaction, view.state.selection instanceof CellSelection) : transaction
    },
  })
}

/** A transaction whose whole-document replace becomes the smallest one, and which leaves a selection of cells alone. */
function narrowing(transaction: Transaction, keepSelection: boolean): Transaction {
  const replaceAll = transaction.replace.bind(transaction)
  transaction.replace = (from, to, slice = Slice.empty) =>
    // A document emptied by someone is shown as an empty line; making that up is ProseMirror's part.
    transaction.doc.type.validContent(slice.content)
      ? replaceDifference(transaction, slice.content)
      : replaceAll(from, to, slice)
  if (keepSelection) transaction.setSelection = () => transaction
  return transaction
}

/** Makes the transaction's document hold `content`, touching only where they differ. */
export function replaceDifference(transaction: Transaction, content: Fragment): Transaction {
  const before = transaction.doc
  const after = before.copy(content)
  const start = before.content.findDiffStart(content)
  const end = start === null ? null : before.content.findDiffEnd(content)
  if (start === null || end === null) return transaction
  const overlap = Math.max(0, start - Math.min(end.a, end.b))
  const step = new ReplaceStep(start, end.a + overlap, after.slice(start, end.b + overlap))
  // Some differences (a list item that moved a level) can't be cut that finely; then whole blocks are exchanged.
  const tried = tryApply(step, before)
  return transaction.step(tried?.eq(after) ? step : exchangeBlocks(before, content))
}

function tryApply(step: ReplaceStep, doc: PmNode): PmNode | null {
  try {
    return step.apply(doc).doc
  } catch {
    return null
  }
}

/** Replaces the run of top-level blocks that aren't the very same nodes. */
function exchangeBlocks(doc: PmNode, content: Fragment): ReplaceStep {
  let first = 0
  let from = 0
  while (first < doc.childCount && first < content.childCount && doc.child(first).eq(content.child(first))) {
    from += doc.child(first++).nodeSize
  }
  let old = doc.childCount
  let fresh = content.childCount
  let to = doc.content.size
  while (old > first && fresh > first && doc.child(old - 1).eq(content.child(fresh - 1))) {
    to -= doc.child(--old).nodeSize
    fresh--
  }
  const blocks: PmNode[] = []
  for (let index = first; index < fresh; index++) blocks.push(content.child(index))
  return new ReplaceStep(from, to, new Slice(Fragment.from(blocks), 0, 0))
}
