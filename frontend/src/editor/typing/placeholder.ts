import { Extension } from "@tiptap/core"
import type { Node as PmNode } from "@tiptap/pm/model"
import { type EditorState, Plugin, PluginKey } from "@tiptap/pm/state"
import { Decoration, DecorationSet } from "@tiptap/pm/view"

/** Faint words in the empty block at the caret. Looks at that one block, never at the rest of the document. */
export const Placeholder = Extension.create({
  name: "placeholder",
  addProseMirrorPlugins() {
    const { editor } = this
    return [
      new Plugin({
        key: new PluginKey("placeholder"),
        props: {
          decorations: (state) => (editor.isEditable ? placeholderIn(state) : null),
        },
      }),
    ]
  },
})

function placeholderIn(state: EditorState): DecorationSet | null {
  const first = state.doc.firstChild
  const blank = state.doc.childCount === 1 && first?.type.name === "paragraph" && first.content.size === 0
  if (blank) return decorate(state.doc, 0, first.nodeSize, "Write something, or press “/” for blocks")
  const { $from, empty } = state.selection
  const block = $from.parent
  if (!empty || !block.isTextblock || block.content.size > 0 || $from.depth === 0) return null
  const words = wordsFor(block, $from.depth > 1 ? $from.node(-1) : null)
  return words ? decorate(state.doc, $from.before(), $from.after(), words) : null
}

function decorate(doc: PmNode, from: number, to: number, words: string): DecorationSet {
  return DecorationSet.create(doc, [Decoration.node(from, to, { class: "is-empty", "data-placeholder": words })])
}

function wordsFor(block: PmNode, parent: PmNode | null): string | null {
  switch (block.type.name) {
    case "heading":
      return `Heading ${block.attrs.level}`
    case "detailsSummary":
      return "Summary"
    case "paragraph":
      return parent === null ? "Press “/” for blocks" : (IN_CONTAINER[parent.type.name] ?? null)
    default:
      return null
  }
}

const IN_CONTAINER: Record<string, string> = {
  listItem: "List",
  taskItem: "To do",
  blockquote: "Quote",
  callout: "Callout",
  detailsContent: "Hidden until the toggle is opened",
}
