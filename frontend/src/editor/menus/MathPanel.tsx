import { Button } from "@mantine/core"
import type { Editor } from "@tiptap/core"
import { Selection } from "@tiptap/pm/state"
import { type KeyboardEvent, useEffect, useState } from "react"
import { closePanel } from "../panels"
import { drawFormula } from "../schema/katex"
import { useStore } from "../store"
import { Anchored, nodeRect } from "./Anchored"
import { leaves, selectAll } from "./form"
import "./surfaces.css"

/** Edits the formula that was clicked: source above, drawing below. */
export function MathPanel({ editor }: { editor: Editor }) {
  const panel = useStore(editor.storage.panels.store)
  if (panel.kind !== "math") return null
  const node = editor.state.doc.nodeAt(panel.pos)
  if (!node || !/Math$/.test(node.type.name)) return null
  return (
    <MathForm
      key={node.type.name}
      editor={editor}
      pos={panel.pos}
      block={node.type.name === "blockMath"}
      latex={String(node.attrs.latex ?? "")}
    />
  )
}

function MathForm({ editor, pos, block, latex }: { editor: Editor; pos: number; block: boolean; latex: string }) {
  const [typed, setTyped] = useState(latex)
  const [preview, setPreview] = useState<HTMLDivElement | null>(null)
  useEffect(() => {
    if (preview) void drawFormula(preview, typed, block)
  }, [preview, typed, block])

  const finish = (value: string) => {
    closePanel(editor, "math")
    const node = editor.state.doc.nodeAt(pos)
    if (!node) return
    const { tr } = editor.state
    const clean = value.trim()
    // A formula left empty was not wanted.
    if (clean === "") tr.delete(pos, pos + node.nodeSize)
    else if (clean !== node.attrs.latex) tr.setNodeAttribute(pos, "latex", clean)
    const after = clean === "" ? pos : pos + node.nodeSize
    const line = editor.schema.nodes.paragraph?.create()
    // The text goes on behind it, on a line of its own if there is none.
    if (block && line && tr.doc.resolve(after).nodeAfter === null) tr.insert(after, line)
    editor.view.dispatch(tr.setSelection(Selection.near(tr.doc.resolve(after))))
    editor.commands.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === "Escape") finish(latex)
    else if (event.key === "Enter" && (!event.shiftKey || !block)) {
      event.preventDefault()
      finish(typed)
    }
  }

  return (
    <Anchored editor={editor} at={() => nodeRect(editor, pos)} className="weft-surface">
      <form
        className="weft-form"
        aria-label="Formula"
        onSubmit={(event) => {
          event.preventDefault()
          finish(typed)
        }}
        onBlur={(event) => leaves(event) && finish(typed)}
      >
        <textarea
          ref={selectAll}
          aria-label="LaTeX"
          autoFocus
          autoCapitalize="none"
          spellCheck={false}
          placeholder="e.g. \frac{a}{b}"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div className="weft-form-preview" ref={setPreview} aria-hidden />
        <div className="weft-form-row">
          <span className="weft-hint">LaTeX, drawn by KaTeX</span>
          <Button type="submit" size="xs">
            Done
          </Button>
        </div>
      </form>
    </Anchored>
  )
}
