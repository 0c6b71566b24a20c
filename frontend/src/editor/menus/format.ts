import type { Editor } from "@tiptap/core"
import type { Mark } from "@tiptap/pm/model"
import { CellSelection, isInTable } from "@tiptap/pm/tables"
import { type EditorState, NodeSelection } from "@tiptap/pm/state"
import { yUndoPluginKey } from "@tiptap/y-tiptap"
import { type BlockId, type CalloutId, calloutId } from "./blockKinds"

/** What menus need to know of the selection. Read from its ends only, so select-all in a long document costs nothing. */
export type Format = {
  block: BlockId | CalloutId | null
  bold: boolean
  italic: boolean
  underline: boolean
  strike: boolean
  code: boolean
  link: string | null
  highlight: string | null
  color: string | null
  align: string
  inTable: boolean
  selected: "text" | "cells" | "node" | "caret"
  /** Marks mean nothing here: inside code, or on a picture. */
  plain: boolean
  canUndo: boolean
  canRedo: boolean
}

export function formatOf(editor: Editor): Format {
  const { state } = editor
  const marks = marksAt(state)
  const has = (name: string) => marks.some((mark) => mark.type.name === name)
  const attribute = (name: string, key: string) =>
    (marks.find((mark) => mark.type.name === name)?.attrs[key] as string | undefined) ?? null
  const history = yUndoPluginKey.getState(state) as
    | { undoManager?: { undoStack: unknown[]; redoStack: unknown[] } }
    | undefined
  const { selection } = state
  return {
    block: blockAt(state),
    bold: has("bold"),
    italic: has("italic"),
    underline: has("underline"),
    strike: has("strike"),
    code: has("code"),
    link: attribute("link", "href"),
    highlight: has("highlight") ? (attribute("highlight", "color") ?? "#fff1ad") : null,
    color: attribute("textStyle", "color"),
    align: (selection.$from.parent.attrs.textAlign as string | null | undefined) ?? "left",
    inTable: isInTable(state),
    selected:
      selection instanceof CellSelection
        ? "cells"
        : selection instanceof NodeSelection
          ? "node"
          : selection.empty
            ? "caret"
            : "text",
    plain: selection.$from.parent.type.spec.code === true || selection instanceof NodeSelection,
    canUndo: (history?.undoManager?.undoStack.length ?? 0) > 0,
    canRedo: (history?.undoManager?.redoStack.length ?? 0) > 0,
  }
}

function marksAt({ selection, storedMarks }: EditorState): readonly Mark[] {
  const { $from, empty } = selection
  if (empty) return storedMarks ?? $from.marks()
  return $from.nodeAfter?.isInline ? $from.nodeAfter.marks : $from.marks()
}

function blockAt({ selection }: EditorState): Format["block"] {
  if (selection instanceof NodeSelection) return null
  const { $from } = selection
  for (let depth = $from.depth; depth > 0; depth--) {
    const node = $from.node(depth)
    switch (node.type.name) {
      case "heading":
        return `heading${node.attrs.level as 1 | 2 | 3 | 4}`
      case "codeBlock":
        return "code"
      case "bulletList":
      case "orderedList":
      case "taskList":
      case "blockquote":
        return node.type.name
      case "callout":
        return calloutId(node.attrs.kind)
      case "details":
        return "toggle"
      case "table":
        return "paragraph"
    }
  }
  return "paragraph"
}
