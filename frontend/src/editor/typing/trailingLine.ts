import type { Editor } from "@tiptap/core"
import { GapCursor } from "@tiptap/pm/gapcursor"
import type { Node as PmNode } from "@tiptap/pm/model"
import { NodeSelection, Selection, TextSelection } from "@tiptap/pm/state"

/**
 * Where writing begins: in the first line, or in the gap before what isn't one. Selected, a picture or a divider at the
 * top would give way to the first letter typed.
 */
export function startOf(doc: PmNode): Selection {
  const start = Selection.atStart(doc)
  return start instanceof NodeSelection ? new GapCursor(start.$from) : start
}

/** Puts the caret before everything, at once: Tiptap's own focus comes a frame later, and a letter typed in between is lost. */
export function focusStart(editor: Editor): void {
  editor.view.focus()
  editor.view.dispatch(editor.state.tr.setSelection(startOf(editor.state.doc)).scrollIntoView())
}

/**
 * Puts the caret on a line after everything, making one if the document ends in something else. Called when someone
 * clicks below the text: a document is never written to by merely being looked at.
 */
export function focusEnd(editor: Editor): void {
  const { doc, schema, tr } = editor.state
  const last = doc.lastChild
  const line = schema.nodes.paragraph?.create()
  if (
    line &&
    (!last || last.type !== line.type || last.content.size > 0) &&
    !(last?.type.name === "heading" && last.content.size === 0)
  ) {
    tr.insert(doc.content.size, line)
  }
  tr.setSelection(TextSelection.atEnd(tr.doc)).scrollIntoView()
  editor.view.dispatch(tr)
  editor.commands.focus()
}
