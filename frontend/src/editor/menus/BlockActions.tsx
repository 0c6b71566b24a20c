import { Menu } from "@mantine/core"
import type { Editor } from "@tiptap/core"
import { IconArrowDown, IconArrowUp, IconCopy, IconTransform, IconTrash } from "@tabler/icons-react"
import type { Transaction } from "@tiptap/pm/state"
import { type Block, deleteBlock, duplicateBlock, enterBlock, moveBlock, selectedBlock } from "../typing/blocks"
import { BLOCK_KINDS } from "./blockKinds"
import { readableKeys } from "./shortcuts"

/**
 * What can be done with a whole block: the one given, or the one the caret is in. One that was given and is gone, since
 * others write as well, is no reason to take another.
 */
export function BlockActions({ editor, block }: { editor: Editor; block?: () => Block | null }) {
  const target = () => (block ? block() : selectedBlock(editor.state))
  const change = (make: (block: Block) => Transaction | null) => () => {
    const found = target()
    const transaction = found && make(found)
    if (transaction) editor.view.dispatch(transaction)
    editor.commands.focus(undefined, { scrollIntoView: false })
  }
  const turn = (apply: (editor: Editor) => void) => () => {
    const found = block?.()
    if (found === null) return
    if (found) enterBlock(editor, found)
    apply(editor)
  }

  return (
    <>
      <Menu.Sub>
        <Menu.Sub.Target>
          <Menu.Sub.Item leftSection={<IconTransform size={17} stroke={1.75} />}>Turn into</Menu.Sub.Item>
        </Menu.Sub.Target>
        <Menu.Sub.Dropdown mah={380} style={{ overflowY: "auto" }}>
          {BLOCK_KINDS.filter((kind) => kind.turns).map(({ id, name, icon: Glyph, apply }) => (
            <Menu.Item key={id} leftSection={<Glyph size={17} stroke={1.75} />} onClick={turn(apply)}>
              {name}
            </Menu.Item>
          ))}
        </Menu.Sub.Dropdown>
      </Menu.Sub>
      <Menu.Item
        leftSection={<IconCopy size={17} stroke={1.75} />}
        rightSection={<kbd>{readableKeys("Mod-D")}</kbd>}
        onClick={change((found) => duplicateBlock(editor.state, found))}
      >
        Duplicate
      </Menu.Item>
      <Menu.Item
        leftSection={<IconArrowUp size={17} stroke={1.75} />}
        rightSection={<kbd>{readableKeys("Alt-Shift-↑")}</kbd>}
        onClick={change((found) => moveBlock(editor.state, found, -1))}
      >
        Move up
      </Menu.Item>
      <Menu.Item
        leftSection={<IconArrowDown size={17} stroke={1.75} />}
        rightSection={<kbd>{readableKeys("Alt-Shift-↓")}</kbd>}
        onClick={change((found) => moveBlock(editor.state, found, 1))}
      >
        Move down
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item
        color="red"
        leftSection={<IconTrash size={17} stroke={1.75} />}
        rightSection={<kbd>{readableKeys("Mod-Shift-⌫")}</kbd>}
        onClick={change((found) => deleteBlock(editor.state, found))}
      >
        Delete
      </Menu.Item>
    </>
  )
}
