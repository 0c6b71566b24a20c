import type { Editor } from "@tiptap/core"
import { EditorContent, useEditor } from "@tiptap/react"
import { useEffect, useMemo, useRef } from "react"
import type { Awareness } from "y-protocols/awareness"
import type { Doc } from "yjs"
import { createHistory } from "./collaboration/history"
import type { Person } from "./collaboration/people"
import { editorExtensions } from "./extensions"
import { Toolbar } from "./menus/Toolbar"
import { TitleInput } from "./title/TitleInput"
import { focusEnd } from "./typing/trailingLine"
import { useKeyboardInset } from "./keyboardInset"
import "./DocumentEditor.css"
import "./body.css"

export type DocumentEditorProps = {
  doc: Doc
  awareness: Awareness
  editable: boolean
  user: Person
  /** Called with the editor once it can be worked with; the outline, presence and exports take it. */
  onReady?: (editor: Editor) => void
}

/**
 * A document to write in: title, toolbar, text and menus over the given Y.Doc. Bind one instance to one document; give
 * it a `key` of the document's id to change documents.
 */
export function DocumentEditor({ doc, awareness, editable, user, onReady }: DocumentEditorProps) {
  const root = useRef<HTMLDivElement>(null)
  const title = useRef<HTMLTextAreaElement>(null)
  const { id, name, color } = user
  const setup = useMemo(() => {
    const history = createHistory(doc)
    return { history, extensions: editorExtensions({ doc, history, awareness, user: { id, name, color } }) }
  }, [doc, awareness, id, name, color])

  const editor = useEditor(
    {
      extensions: setup.extensions,
      editable,
      injectCSS: false, // our own style sheet says the same, and a strict content policy forbids injected ones
      editorProps: {
        attributes: { class: "weft-body", role: "textbox", "aria-multiline": "true", "aria-label": "Document", spellcheck: "true" },
      },
    },
    [setup],
  )

  useEffect(() => {
    if (editor && editor.isEditable !== editable) editor.setEditable(editable, false)
  }, [editor, editable])

  useEffect(() => {
    if (editor) onReady?.(editor)
  }, [editor, onReady])

  useKeyboardInset(root)

  if (!editor) return null
  return (
    <div ref={root} className="weft-editor" data-editable={editable}>
      {editable && <Toolbar editor={editor} />}
      <div className="weft-page">
        <TitleInput
          doc={doc}
          editable={editable}
          history={setup.history}
          fieldRef={title}
          onLeave={() => editor.commands.focus("start")}
        />
        <EditorContent editor={editor} className="weft-body-frame" />
        {editable && <div className="weft-below" aria-hidden onMouseDown={(event) => event.preventDefault()} onClick={() => focusEnd(editor)} />}
      </div>
    </div>
  )
}
