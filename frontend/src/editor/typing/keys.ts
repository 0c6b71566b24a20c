import { Extension } from "@tiptap/core"
import type { ResolvedPos } from "@tiptap/pm/model"
import { Selection } from "@tiptap/pm/state"
import { openPanel } from "../panels"
import { deleteBlock, duplicateBlock, moveBlock, selectedBlock } from "./blocks"

/** The shortcuts of our own; those of marks, lists and history come with their extensions. */
export const BlockKeys = Extension.create({
  name: "blockKeys",
  priority: 200,
  addKeyboardShortcuts() {
    const { editor } = this
    const onBlock = (change: typeof duplicateBlock) => () => {
      const block = selectedBlock(editor.state)
      if (!block || !editor.isEditable) return false
      editor.view.dispatch(change(editor.state, block))
      return true
    }
    const move = (direction: -1 | 1) => () => {
      const block = selectedBlock(editor.state)
      if (!block || !editor.isEditable) return false
      const transaction = moveBlock(editor.state, block, direction)
      if (transaction) editor.view.dispatch(transaction)
      return true // at the edge too: the browser's own meaning of the keys would surprise
    }
    return {
      // The first item can't go deeper; without this the key took the keyboard out of the text, to the next button.
      Tab: () => {
        const item = itemAround(editor.state.selection.$from)
        if (!item || !editor.isEditable) return false
        editor.commands.sinkListItem(item)
        return true
      },
      "Alt-Shift-ArrowUp": move(-1),
      "Alt-Shift-ArrowDown": move(1),
      "Mod-d": onBlock(duplicateBlock),
      "Mod-Shift-Backspace": onBlock(deleteBlock),
      "Mod-k": () => {
        if (!editor.isEditable) return false
        openPanel(editor, { kind: "link" })
        return true
      },
      "Mod-Shift-h": () => editor.commands.toggleHighlight({ color: "#fff1ad" }),
      // Chromium's own takes the caret out of a table at the end, to the line before it.
      "Mod-End": () => {
        editor.view.dispatch(editor.state.tr.setSelection(Selection.atEnd(editor.state.doc)).scrollIntoView())
        return true
      },
      "Mod-\\": () => editor.chain().unsetAllMarks().run(),
    }
  },
})

/** Undo, just after what was typed became something else by itself: the signs come back, and not all that was typed goes. */
export const UndoOfShortcuts = Extension.create({
  name: "undoOfShortcuts",
  priority: 1100, // before the history's own undo
  addKeyboardShortcuts() {
    return { "Mod-z": () => this.editor.commands.undoInputRule() }
  },
})

/** The kind of list item a position is in; null in code and cells, where Tab means something else. */
function itemAround($pos: ResolvedPos): string | null {
  for (let depth = $pos.depth; depth > 0; depth--) {
    const { type } = $pos.node(depth)
    if (/Item$/.test(type.name)) return type.name
    if (type.spec.code || type.spec.isolating) return null
  }
  return null
}
