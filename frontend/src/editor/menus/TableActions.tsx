import { Menu } from "@mantine/core"
import type { Editor } from "@tiptap/core"
import {
  type Icon,
  IconArrowMerge,
  IconColumnInsertLeft,
  IconColumnInsertRight,
  IconColumnRemove,
  IconRowInsertBottom,
  IconRowInsertTop,
  IconRowRemove,
  IconSeparatorVertical,
  IconTableRow,
  IconTrash,
} from "@tabler/icons-react"
import { useEditorState } from "@tiptap/react"

type Action = { name: string; icon: Icon; run: (editor: Editor) => boolean }

const GROUPS: readonly (readonly Action[])[] = [
  [
    { name: "Row above", icon: IconRowInsertTop, run: (editor) => editor.chain().focus().addRowBefore().run() },
    { name: "Row below", icon: IconRowInsertBottom, run: (editor) => editor.chain().focus().addRowAfter().run() },
    { name: "Delete row", icon: IconRowRemove, run: (editor) => editor.chain().focus().deleteRow().run() },
  ],
  [
    {
      name: "Column left",
      icon: IconColumnInsertLeft,
      run: (editor) => editor.chain().focus().addColumnBefore().run(),
    },
    {
      name: "Column right",
      icon: IconColumnInsertRight,
      run: (editor) => editor.chain().focus().addColumnAfter().run(),
    },
    { name: "Delete column", icon: IconColumnRemove, run: (editor) => editor.chain().focus().deleteColumn().run() },
  ],
]

/** Everything that can be done to the table the caret is in. */
export function TableActions({ editor }: { editor: Editor }) {
  const can = useEditorState({
    editor,
    selector: ({ editor }) => ({ merge: editor.can().mergeCells(), split: editor.can().splitCell() }),
  })
  return (
    <>
      {GROUPS.map((group) => (
        <div key={group[0]?.name} role="group">
          {group.map(({ name, icon: Glyph, run }) => (
            <Menu.Item key={name} leftSection={<Glyph size={17} stroke={1.75} />} onClick={() => run(editor)}>
              {name}
            </Menu.Item>
          ))}
          <Menu.Divider />
        </div>
      ))}
      <Menu.Item
        leftSection={<IconTableRow size={17} stroke={1.75} />}
        onClick={() => editor.chain().focus().toggleHeaderRow().run()}
      >
        Header row
      </Menu.Item>
      <Menu.Item
        leftSection={<IconArrowMerge size={17} stroke={1.75} />}
        disabled={!can.merge}
        onClick={() => editor.chain().focus().mergeCells().run()}
      >
        Merge cells
      </Menu.Item>
      <Menu.Item
        leftSection={<IconSeparatorVertical size={17} stroke={1.75} />}
        disabled={!can.split}
        onClick={() => editor.chain().focus().splitCell().run()}
      >
        Split cell
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item
        color="red"
        leftSection={<IconTrash size={17} stroke={1.75} />}
        onClick={() => editor.chain().focus().deleteTable().run()}
      >
        Delete table
      </Menu.Item>
    </>
  )
}
