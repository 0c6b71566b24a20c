import type { Editor } from "@tiptap/core"
import { useEffect, useRef } from "react"
import type { Awareness } from "y-protocols/awareness"
import type { Doc } from "yjs"
import type { Person } from "./collaboration/people"
import { FindBar } from "./find/FindBar"
import { useKeyboardInset } from "./keyboardInset"
import { BlockHandle } from "./menus/BlockHandle"
import { BubbleMenu } from "./menus/BubbleMenu"
import { ImagePanel } from "./menus/ImagePanel"
import { LinkPanel } from "./menus/LinkPanel"
import { MathPanel } from "./menus/MathPanel"
import { ShortcutSheet } from "./menus/ShortcutSheet"
import { SlashMenu } from "./menus/SlashMenu"
import { Toolbar } from "./menus/Toolbar"
import { useEditorKeys } from "./menus/useEditorKeys"
import { TitleInput } from "./title/TitleInput"
import { focusEnd, focusStart } from "./typing/trailingLine"
import { useWorkspace } from "./useWorkspace"
import "./DocumentEditor.css"
import "./body.css"
import "./blocks.css"

export type DocumentEditorProps = {
  doc: Doc
  awareness: Awareness
  editable: boolean
  user: Person
  /** Called with the editor once it can be worked with; the outline, presence and exports take it. */
  onReady?: (editor: Editor) => void
}

/** A document to write in: title, toolbar, text and menus over the given Y.Doc. */
export function DocumentEditor({ doc, awareness, editable, user, onReady }: DocumentEditorProps) {
  const root = useRef<HTMLDivElement>(null)
  const frame = useRef<HTMLDivElement>(null)
  const workspace = useWorkspace(frame, { doc, awareness, user, editable })
  const editor = workspace?.editor ?? null

  useEffect(() => {
    if (editor) onReady?.(editor)
  }, [editor, onReady])
  useKeyboardInset(root)
  useEditorKeys(editor, root)

  return (
    <div ref={root} className="weft-editor" data-editable={editable}>
      {editor && editable && <Toolbar editor={editor} />}
      {editor && (
        <div className="weft-find-place">
          <FindBar editor={editor} />
        </div>
      )}
      <div className="weft-page">
        {workspace && (
          <TitleInput
            doc={doc}
            editable={editable}
            history={workspace.history}
            onLeave={() => focusStart(workspace.editor)}
          />
        )}
        <div ref={frame} className="weft-body-frame" />
        {editor && editable && (
          <div
            className="weft-below"
            aria-hidden
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => focusEnd(editor)}
          />
        )}
      </div>
      {workspace && editable && (
        <>
          <BlockHandle editor={workspace.editor} handle={workspace.handle} />
          <BubbleMenu editor={workspace.editor} />
          <SlashMenu editor={workspace.editor} />
          <LinkPanel editor={workspace.editor} />
          <MathPanel editor={workspace.editor} />
          <ImagePanel editor={workspace.editor} />
        </>
      )}
      {editor && <ShortcutSheet editor={editor} />}
    </div>
  )
}
