import type { Editor } from "@tiptap/core"
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconBold,
  IconCode,
  IconItalic,
  IconLink,
  IconPlus,
  IconSearch,
  IconStrikethrough,
  IconUnderline,
} from "@tabler/icons-react"
import { useEditorState } from "@tiptap/react"
import { openFind, openPanel } from "../panels"
import { AlignMenu, BlockActionsMenu, BlockMenu, ColorMenu, InsertMenu, TableMenu } from "./menus"
import { formatOf } from "./format"
import { useRovingTools } from "./roving"
import { Tool } from "./Tool"
import "./toolbar.css"

/** The fixed toolbar: under the header on a desk, above the keyboard on a phone. */
export function Toolbar({ editor }: { editor: Editor }) {
  const tools = useRovingTools(() => editor.commands.focus())
  const format = useEditorState({ editor, selector: ({ editor }) => formatOf(editor) })
  const inert = format.plain

  return (
    <div className="weft-toolbar" role="toolbar" aria-label="Formatting" aria-orientation="horizontal" {...tools}>
      <div className="weft-toolbar-row">
        <Tool
          icon={IconArrowBackUp}
          label="Undo"
          keys="Mod-Z"
          disabled={!format.canUndo}
          onPress={() => editor.chain().focus().undo().run()}
        />
        <Tool
          icon={IconArrowForwardUp}
          label="Redo"
          keys="Mod-Shift-Z"
          disabled={!format.canRedo}
          onPress={() => editor.chain().focus().redo().run()}
        />
        <Gap />
        <BlockMenu editor={editor} current={format.block} />
        <Gap />
        <Tool
          icon={IconBold}
          label="Bold"
          keys="Mod-B"
          active={format.bold}
          disabled={inert}
          onPress={() => editor.chain().focus().toggleBold().run()}
        />
        <Tool
          icon={IconItalic}
          label="Italic"
          keys="Mod-I"
          active={format.italic}
          disabled={inert}
          onPress={() => editor.chain().focus().toggleItalic().run()}
        />
        <Tool
          icon={IconUnderline}
          label="Underline"
          keys="Mod-U"
          active={format.underline}
          disabled={inert}
          onPress={() => editor.chain().focus().toggleUnderline().run()}
        />
        <Tool
          icon={IconStrikethrough}
          label="Strikethrough"
          keys="Mod-Shift-S"
          active={format.strike}
          disabled={inert}
          onPress={() => editor.chain().focus().toggleStrike().run()}
        />
        <Tool
          icon={IconCode}
          label="Code"
          keys="Mod-E"
          active={format.code}
          disabled={inert}
          onPress={() => editor.chain().focus().toggleCode().run()}
        />
        <ColorMenu editor={editor} format={format} />
        <Tool
          icon={IconLink}
          label="Link"
          keys="Mod-K"
          active={format.link !== null}
          disabled={inert}
          onPress={() => openPanel(editor, { kind: "link" })}
        />
        <Gap />
        <AlignMenu editor={editor} current={format.align} />
        <InsertMenu editor={editor} icon={IconPlus} />
        {format.inTable && <TableMenu editor={editor} />}
        <BlockActionsMenu editor={editor} />
        <span className="weft-toolbar-rest" />
        <Tool icon={IconSearch} label="Find in document" keys="Mod-F" onPress={() => openFind(editor)} />
      </div>
    </div>
  )
}

function Gap() {
  return <span className="weft-toolbar-gap" role="separator" aria-orientation="vertical" />
}
