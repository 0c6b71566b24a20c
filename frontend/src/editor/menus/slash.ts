import { Extension } from "@tiptap/core"
import { type EditorState, PluginKey } from "@tiptap/pm/state"
import Suggestion, { type SuggestionProps } from "@tiptap/suggestion"
import { createStore, type Store } from "../store"
import { type BlockKind, findKinds } from "./blockKinds"

/** The open slash menu: what it offers, which is marked, and where the slash stands. */
export type SlashState = {
  items: BlockKind[]
  marked: number
  at: () => DOMRect | null
  choose: (kind: BlockKind) => void
} | null

declare module "@tiptap/core" {
  interface Storage {
    slashMenu: { store: Store<SlashState> }
  }
}

/** Opens a menu of blocks where “/” is typed. Drawn by `SlashMenu`; the caret stays in the text and keys come from there. */
export const SlashCommands = Extension.create({
  name: "slashMenu",
  addStorage() {
    return { store: createStore<SlashState>(null) }
  },
  addProseMirrorPlugins() {
    const { store } = this.storage as { store: Store<SlashState> }
    const show = ({ items, clientRect, command }: SuggestionProps<BlockKind, BlockKind>) => {
      const open = items.length > 0
      store.set(open ? { items, marked: 0, at: () => clientRect?.() ?? null, choose: command } : null)
    }
    return [
      Suggestion<BlockKind, BlockKind>({
        pluginKey: new PluginKey("slashMenu"),
        editor: this.editor,
        char: "/",
        allowedPrefixes: [" ", "\u00a0"],
        allowSpaces: true, // "/heading 2"; `allow` ends it where no name goes on like that
        decorationClass: "weft-slash",
        items: ({ query }) => findKinds(query),
        allow: ({ state, range, editor }) =>
          editor.isEditable && mayOpen(state, range.from) && findKinds(state.doc.textBetween(range.from + 1, range.to)).length > 0,
        command: ({ editor, range, props: kind }) => {
          editor.chain().focus().deleteRange(range).run()
          kind.apply(editor)
        },
        render: () => ({
          onStart: show,
          onUpdate: show,
          onExit: () => store.set(null),
          onKeyDown: ({ event }) => {
            const open = store.get()
            if (!open) return false
            const { items, marked } = open
            const move = { ArrowDown: 1, ArrowUp: -1 }[event.key]
            if (move) {
              store.set({ ...open, marked: (marked + move + items.length) % items.length })
              return true
            }
            if (event.key !== "Enter" && event.key !== "Tab") return false
            const kind = items[marked]
            if (kind) open.choose(kind)
            return kind !== undefined
          },
        }),
      }),
    ]
  },
})

/** Not in code, and not where a slash is likely meant as one: inside code marks and links. */
function mayOpen(state: EditorState, from: number): boolean {
  const $from = state.doc.resolve(from)
  const inCode =
    $from.parent.type.spec.code || $from.marks().some((mark) => mark.type.name === "code" || mark.type.name === "link")
  return !inCode && $from.parent.type.name !== "detailsSummary"
}
