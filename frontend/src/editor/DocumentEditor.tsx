import type { Editor } from "@tiptap/core"
import { EditorContent, useEditor } from "@tiptap/react"
import { useEffect, useMemo, useRef } from "react"
import type { Awareness } from "y-protocols/awareness"
import type { Doc } from "yjs"
import { createHistory } from "./collaboration/history"
import type { Person } from "./collaboration/people"
import { editorExtensions } from "./extensions"
import { FindBar } from "./find/FindBar"
import { BlockHandle } from "./menus/BlockHandle"
import { BubbleMenu } from "./menus/BubbleMenu"
import { createHandle } from "./menus/handle"
import { ImagePanel } from "./menus/ImagePanel"
import { LinkPanel } from "./menus/LinkPanel"
import { MathPanel } from "./menus/MathPanel"
import { ShortcutSheet } from "./menus/ShortcutSheet"
import { SlashCommands } from "./menus/slash"
import { SlashMenu } from "./menus/SlashMenu"
import { Toolbar } from "./menus/Toolbar"
import { useEditorKeys } from "./menus/useEditorKeys"
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
    const handle = createHandle()
    const core = editorExtensions({ doc, history, awareness, user: { id, name, color } })
    return { history, handle, extensions: [...core, SlashCommands, ...handle.extensions] }
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
  useEditorKeys(editor, root)

  if (!editor) return null
  return (
    <div ref={root} className="weft-editor" data-editable={editable}>
      {editable && <Toolbar editor={editor} />}
      <div className="weft-find-place">
        <FindBar editor={editor} />
      </div>
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
      {editable && (
        <>
          <BlockHandle editor={editor} handle={setup.handle} />
          <BubbleMenu editor={editor} />
          <SlashMenu editor={editor} />
          <LinkPanel editor={editor} />
          <MathPanel editor={editor} />
          <ImagePanel editor={editor} />
        </>
      )}
      <ShortcutSheet editor={editor} />
    </div>
  )
}
