import { Button } from "@mantine/core"
import type { Command, Editor } from "@tiptap/core"
import { IconPencil, IconTrash } from "@tabler/icons-react"
import { NodeSelection, Selection } from "@tiptap/pm/state"
import { useEditorState } from "@tiptap/react"
import { type FormEvent, useState } from "react"
import { closePanel, openPanel } from "../panels"
import { IMAGE_WIDTHS, isSafeImage } from "../schema/image"
import { useStore } from "../store"
import { Anchored, nodeRect, selectionRect } from "./Anchored"
import { leaves, selectAll } from "./form"
import { Tool } from "./Tool"
import "./surfaces.css"

/** Tools at a chosen picture, and the form for its address and description. */
export function ImagePanel({ editor }: { editor: Editor }) {
  const panel = useStore(editor.storage.panels.store)
  const chosen = useEditorState({
    editor,
    selector: ({ editor }) => {
      const { selection } = editor.state
      const picture = selection instanceof NodeSelection && selection.node.type.name === "image"
      return picture ? { pos: selection.from, width: selection.node.attrs.width as number | null } : null
    },
  })
  if (panel.kind === "image") return <ImageForm editor={editor} pos={panel.pos} />
  if (panel.kind === "none" && chosen) return <ImageTools editor={editor} {...chosen} />
  return null
}

function ImageTools({ editor, pos, width }: { editor: Editor; pos: number; width: number | null }) {
  const setWidth = (value: number) =>
    editor
      .chain()
      .focus()
      .updateAttributes("image", { width: value === 100 ? null : value })
      .run()
  return (
    <Anchored
      editor={editor}
      at={() => nodeRect(editor, pos)}
      placement="top"
      className="weft-surface weft-bubble weft-bubble-always"
      role="toolbar"
      aria-label="Picture"
    >
      {IMAGE_WIDTHS.map((value) => (
        <button
          key={value}
          type="button"
          className="weft-tool"
          aria-label={`Width ${value} %`}
          aria-pressed={(width ?? 100) === value}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => setWidth(value)}
        >
          {value}%
        </button>
      ))}
      <Tool
        icon={IconPencil}
        label="Address and description"
        onPress={() => openPanel(editor, { kind: "image", pos })}
      />
      <Tool icon={IconTrash} label="Delete picture" onPress={() => editor.chain().focus().deleteSelection().run()} />
    </Anchored>
  )
}

/** What was inserted is still chosen, and the next letter typed would take its place. */
const goOnBehind: Command = ({ tr, state }) => {
  if (!(tr.selection instanceof NodeSelection)) return true
  const behind = tr.selection.to
  const line = state.schema.nodes.paragraph?.create()
  if (line && tr.doc.resolve(behind).nodeAfter === null) tr.insert(behind, line)
  tr.setSelection(Selection.near(tr.doc.resolve(behind)))
  return true
}

function ImageForm({ editor, pos }: { editor: Editor; pos: number | null }) {
  const known = pos === null ? null : editor.state.doc.nodeAt(pos)
  const [src, setSrc] = useState(String(known?.attrs.src ?? ""))
  const [alt, setAlt] = useState(String(known?.attrs.alt ?? ""))
  const [wrong, setWrong] = useState(false)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    const address = src.trim()
    if (!isSafeImage(address)) return setWrong(true)
    closePanel(editor, "image")
    const attrs = { src: address, alt: alt.trim() || null }
    if (pos === null) editor.chain().focus().insertContent({ type: "image", attrs }).command(goOnBehind).run()
    else editor.chain().setNodeSelection(pos).updateAttributes("image", attrs).focus().run()
  }

  return (
    <Anchored
      editor={editor}
      at={() => (pos === null ? selectionRect(editor) : nodeRect(editor, pos))}
      className="weft-surface"
    >
      <form
        className="weft-form"
        aria-label="Picture"
        onSubmit={submit}
        onBlur={(event) => leaves(event) && closePanel(editor, "image")}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return
          closePanel(editor, "image")
          editor.commands.focus()
        }}
      >
        <label>
          Address
          <input
            ref={selectAll}
            type="text"
            inputMode="url"
            autoFocus
            autoComplete="off"
            spellCheck={false}
            placeholder="https://…"
            aria-invalid={wrong}
            value={src}
            onChange={(event) => {
              setSrc(event.currentTarget.value)
              setWrong(false)
            }}
          />
        </label>
        {wrong && (
          <p className="weft-form-error" role="alert">
            A picture’s address begins with https://
          </p>
        )}
        <label>
          Description, for those who can’t see it
          <input type="text" value={alt} onChange={(event) => setAlt(event.currentTarget.value)} />
        </label>
        <div className="weft-form-row">
          <span />
          <Button type="submit" size="xs">
            {pos === null ? "Insert" : "Save"}
          </Button>
        </div>
      </form>
    </Anchored>
  )
}
