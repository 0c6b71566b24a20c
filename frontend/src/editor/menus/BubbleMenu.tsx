import type { Editor } from "@tiptap/core"
import { IconBold, IconCode, IconItalic, IconLink, IconStrikethrough, IconUnderline } from "@tabler/icons-react"
import { useEditorState } from "@tiptap/react"
import { useEffect, useState } from "react"
import { openPanel } from "../panels"
import { useStore } from "../store"
import { Anchored, selectionRect } from "./Anchored"
import { formatOf } from "./format"
import { BlockMenu, ColorMenu } from "./menus"
import { useRovingTools } from "./roving"
import { Tool } from "./Tool"
import "./surfaces.css"

/** The tools at a selection of text. Where a finger selects, the toolbar has them and the system's own menu needs the room. */
export function BubbleMenu({ editor }: { editor: Editor }) {
  const format = useEditorState({ editor, selector: ({ editor }) => formatOf(editor) })
  const settled = useSettledSelection(editor)
  const panel = useStore(editor.storage.panels.store)
  const wanted =
    settled && format.selected === "text" && !format.plain && panel.kind !== "link" && panel.kind !== "shortcuts"
  return wanted ? <Bubble editor={editor} format={format} /> : null
}

function Bubble({ editor, format }: { editor: Editor; format: ReturnType<typeof formatOf> }) {
  const tools = useRovingTools(() => editor.commands.focus())
  return (
    <Anchored
      editor={editor}
      at={() => selectionRect(editor)}
      placement="top"
      className="weft-surface weft-bubble"
      role="toolbar"
      aria-label="Selected text"
      {...tools}
    >
      <BlockMenu editor={editor} current={format.block} />
      <Tool
        icon={IconBold}
        label="Bold"
        keys="Mod-B"
        active={format.bold}
        onPress={() => editor.chain().focus().toggleBold().run()}
      />
      <Tool
        icon={IconItalic}
        label="Italic"
        keys="Mod-I"
        active={format.italic}
        onPress={() => editor.chain().focus().toggleItalic().run()}
      />
      <Tool
        icon={IconUnderline}
        label="Underline"
        keys="Mod-U"
        active={format.underline}
        onPress={() => editor.chain().focus().toggleUnderline().run()}
      />
      <Tool
        icon={IconStrikethrough}
        label="Strikethrough"
        keys="Mod-Shift-S"
        active={format.strike}
        onPress={() => editor.chain().focus().toggleStrike().run()}
      />
      <Tool
        icon={IconCode}
        label="Code"
        keys="Mod-E"
        active={format.code}
        onPress={() => editor.chain().focus().toggleCode().run()}
      />
      <ColorMenu editor={editor} format={format} />
      <Tool
        icon={IconLink}
        label="Link"
        keys="Mod-K"
        active={format.link !== null}
        onPress={() => openPanel(editor, { kind: "link" })}
      />
    </Anchored>
  )
}

/** True while the text has the focus (or its tools do) and no mouse button is dragging the selection about. */
function useSettledSelection(editor: Editor): boolean {
  const [dragging, setDragging] = useState(false)
  const [focused, setFocused] = useState(editor.isFocused)
  useEffect(() => {
    const text = editor.view.dom
    const down = () => setDragging(true)
    const up = () => setDragging(false)
    const look = () => {
      const active = document.activeElement
      setFocused(active === text || active?.closest(".weft-bubble, .weft-toolbar, .mantine-Menu-dropdown") != null)
    }
    // Focus passes through the body on its way from the text to a tool.
    const lookSoon = () => requestAnimationFrame(look)
    text.addEventListener("mousedown", down)
    window.addEventListener("mouseup", up)
    document.addEventListener("focusin", look)
    document.addEventListener("focusout", lookSoon)
    return () => {
      text.removeEventListener("mousedown", down)
      window.removeEventListener("mouseup", up)
      document.removeEventListener("focusin", look)
      document.removeEventListener("focusout", lookSoon)
    }
  }, [editor])
  return focused && !dragging
}
