import { Button } from "@mantine/core"
import { type Editor, getMarkRange } from "@tiptap/core"
import { IconCopy, IconExternalLink, IconLinkOff, IconPencil } from "@tabler/icons-react"
import { useEditorState } from "@tiptap/react"
import { type FormEvent, useState } from "react"
import { closePanel, openPanel } from "../panels"
import { isSafeLink, toAddress } from "../schema/marks"
import { useStore } from "../store"
import { Anchored, rangeRect, selectionRect } from "./Anchored"
import { leaves, selectAll } from "./form"
import { formatOf } from "./format"
import { Tool } from "./Tool"
import "./surfaces.css"

/** A card at the link the caret is in, and the form that makes and changes links. */
export function LinkPanel({ editor }: { editor: Editor }) {
  const panel = useStore(editor.storage.panels.store)
  const { link, selected } = useEditorState({ editor, selector: ({ editor }) => formatOf(editor) })
  if (panel.kind === "link") return <LinkForm editor={editor} link={link} />
  if (panel.kind === "none" && selected === "caret" && isSafeLink(link)) return <LinkCard editor={editor} link={link} />
  return null
}

function linkRange(editor: Editor): { from: number; to: number } {
  const { selection, schema } = editor.state
  const type = schema.marks.link
  const range = type && selection.empty ? getMarkRange(selection.$from, type) : undefined
  return range ?? { from: selection.from, to: selection.to }
}

function LinkCard({ editor, link }: { editor: Editor; link: string }) {
  const { from, to } = linkRange(editor)
  return (
    <Anchored
      editor={editor}
      at={() => rangeRect(editor, from, to)}
      className="weft-surface weft-card"
      role="group"
      aria-label="Link"
    >
      <a href={link} target="_blank" rel="noopener noreferrer nofollow" title={link}>
        {link.replace(/^(https?:\/\/|mailto:)/, "")}
      </a>
      <Tool icon={IconExternalLink} label="Open" onPress={() => window.open(link, "_blank", "noopener,noreferrer")} />
      <Tool icon={IconCopy} label="Copy address" onPress={() => void navigator.clipboard?.writeText(link)} />
      <Tool icon={IconPencil} label="Change" keys="Mod-K" onPress={() => openPanel(editor, { kind: "link" })} />
      <Tool icon={IconLinkOff} label="Remove link" onPress={() => editor.chain().focus().unsetLink().run()} />
    </Anchored>
  )
}

function LinkForm({ editor, link }: { editor: Editor; link: string | null }) {
  const [typed, setTyped] = useState(link ?? "")
  const [wrong, setWrong] = useState(false)

  const leave = () => {
    closePanel(editor, "link")
    editor.commands.focus()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const href = toAddress(typed)
    if (href === null) {
      if (typed.trim() === "") remove()
      else setWrong(true)
      return
    }
    closePanel(editor, "link")
    const { from, to } = linkRange(editor)
    if (from === to) {
      const text = { type: "text", text: typed.trim(), marks: [{ type: "link", attrs: { href } }] }
      editor
        .chain()
        .focus()
        .insertContent([text, { type: "text", text: " " }])
        .run()
    } else {
      editor.chain().focus().setTextSelection({ from, to }).setLink({ href }).setTextSelection(to).run()
    }
  }
  const remove = () => {
    closePanel(editor, "link")
    editor.chain().focus().unsetLink().run()
  }

  return (
    <Anchored editor={editor} at={() => selectionRect(editor)} className="weft-surface">
      <form
        className="weft-form"
        aria-label="Link"
        onSubmit={submit}
        onKeyDown={(event) => event.key === "Escape" && leave()}
        onBlur={(event) => leaves(event) && closePanel(editor, "link")}
      >
        <div className="weft-form-row">
          <input
            ref={selectAll}
            type="text"
            inputMode="url"
            aria-label="Address"
            aria-invalid={wrong}
            autoFocus
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            placeholder="Paste or type an address"
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value)
              setWrong(false)
            }}
          />
          <Button type="submit" size="xs">
            {link === null ? "Link" : "Save"}
          </Button>
          {link !== null && <Tool icon={IconLinkOff} label="Remove link" onPress={remove} />}
        </div>
        {wrong && (
          <p className="weft-form-error" role="alert">
            That isn’t an address a link can open.
          </p>
        )}
      </form>
    </Anchored>
  )
}
