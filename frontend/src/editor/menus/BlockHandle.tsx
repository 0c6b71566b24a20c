import { Menu } from "@mantine/core"
import type { Editor } from "@tiptap/core"
import { IconGripVertical, IconPlus } from "@tabler/icons-react"
import { TextSelection } from "@tiptap/pm/state"
import { useState } from "react"
import { createPortal } from "react-dom"
import type { Block } from "../typing/blocks"
import { BlockActions } from "./BlockActions"
import type { Handle } from "./handle"
import "./handle.css"

/** A plus and a grip left of the block under the mouse: insert below, drag, or open the block's menu. */
export function BlockHandle({ editor, handle }: { editor: Editor; handle: Handle }) {
  const [open, setOpen] = useState(false)

  const change = (next: boolean) => {
    setOpen(next)
    // While its menu is open the handle stays with its block.
    if (next) editor.commands.lockDragHandle()
    else editor.commands.unlockDragHandle()
  }

  return createPortal(
    <>
      <button
        type="button"
        tabIndex={-1}
        aria-label="Insert a block below"
        title="Insert below"
        onClick={() => insertBelow(editor, handle.hovered.get())}
      >
        <IconPlus size={17} stroke={1.75} aria-hidden />
      </button>
      <Menu opened={open} onChange={change} position="bottom-start" width={230} returnFocus={false}>
        <Menu.Target>
          <button
            type="button"
            tabIndex={-1}
            className="weft-grip"
            aria-label="Drag to move, press for actions"
            title="Drag to move · Press for actions"
          >
            <IconGripVertical size={17} stroke={1.75} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <BlockActions editor={editor} block={handle.hovered.get} />
        </Menu.Dropdown>
      </Menu>
    </>,
    handle.element,
  )
}

/** A line below the block with a slash on it, which opens the menu of blocks. An empty paragraph serves itself. */
function insertBelow(editor: Editor, block: Block | null): void {
  if (!block) return
  const { tr, schema, doc } = editor.state
  const inItem = /Item$/.test(block.node.type.name)
  const holder = doc.resolve(block.pos).parent
  const empty = block.node.type.name === "paragraph" && block.node.content.size === 0
  let at = block.pos
  if (!empty) {
    at = block.pos + block.node.nodeSize
    const line = schema.nodes.paragraph?.create()
    const made = inItem ? block.node.type.create(null, line) : line
    if (!made || !holder.type.contentMatch.matchType(made.type)) return
    tr.insert(at, made)
  }
  tr.setSelection(TextSelection.near(tr.doc.resolve(at + 1)))
  editor.view.dispatch(tr)
  editor.chain().focus().insertContent("/").run()
}
