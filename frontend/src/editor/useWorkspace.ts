import { Editor } from "@tiptap/core"
import { type RefObject, useLayoutEffect, useState } from "react"
import type { Awareness } from "y-protocols/awareness"
import type { Doc, UndoManager } from "yjs"
import { createHistory } from "./collaboration/history"
import type { Person } from "./collaboration/people"
import { editorExtensions } from "./extensions"
import { createHandle, type Handle } from "./menus/handle"
import { SlashCommands } from "./menus/slash"
import { PASTE_RULES } from "./paste"
import { startOf } from "./typing/trailingLine"

/** An editor and what is made, and ends, with it. */
export type Workspace = { editor: Editor; history: UndoManager; handle: Handle }

type Wanted = { doc: Doc; awareness: Awareness; user: Person; editable: boolean }

/**
 * Opens an editor in an element. Not Tiptap's `useEditor`: that may make an editor and drop it again (React renders
 * twice in strict mode), and history and handle belong to one editor each. A layout effect, so nothing flickers.
 */
export function useWorkspace(
  place: RefObject<HTMLElement | null>,
  { doc, awareness, user, editable }: Wanted,
): Workspace | null {
  const [workspace, setWorkspace] = useState<Workspace | null>(null)
  const { id, name, color } = user

  useLayoutEffect(() => {
    const history = createHistory(doc)
    const handle = createHandle(doc)
    const editor = new Editor({
      element: place.current,
      extensions: [
        ...editorExtensions({ doc, history, awareness, user: { id, name, color } }),
        SlashCommands,
        ...handle.extensions,
      ],
      editable,
      enablePasteRules: PASTE_RULES,
      injectCSS: false, // our own style sheet says the same, and a strict content policy forbids injected ones
      editorProps: {
        attributes: {
          class: "weft-body",
          role: "textbox",
          "aria-multiline": "true",
          "aria-label": "Document",
          spellcheck: "true",
        },
      },
    })
    // The binding leaves the caret at the first position there is, which in a list or before a formula is no place for one.
    editor.view.dispatch(editor.state.tr.setSelection(startOf(editor.state.doc)))
    setWorkspace({ editor, history, handle })
    return () => {
      setWorkspace(null)
      editor.destroy()
    }
    // `editable` changes below, in place.
  }, [place, doc, awareness, id, name, color])

  useLayoutEffect(() => {
    if (workspace && workspace.editor.isEditable !== editable) workspace.editor.setEditable(editable, false)
  }, [workspace, editable])

  return workspace
}
