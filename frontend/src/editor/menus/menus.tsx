import { Menu } from "@mantine/core"
import type { Editor } from "@tiptap/core"
import {
  type Icon,
  IconAlignCenter,
  IconAlignJustified,
  IconAlignLeft,
  IconAlignRight,
  IconChevronDown,
  IconDots,
  IconHighlight,
  IconTable,
} from "@tabler/icons-react"
import { BlockActions } from "./BlockActions"
import { BLOCK_KINDS } from "./blockKinds"
import { ColorChoices } from "./ColorChoices"
import type { Format } from "./format"
import { TableActions } from "./TableActions"
import { Tool } from "./Tool"

/*
 * The toolbar's drop-downs. Focus goes back to the text after a choice because each command focuses it; Mantine's own
 * return of focus would take it away again, so it is only wanted when the menu is left by Escape.
 */
const MENU = { returnFocus: true, position: "bottom-start", width: 220, shadow: "md", zIndex: 320 } as const

export function BlockMenu({ editor, current }: { editor: Editor; current: Format["block"] }) {
  const shown = BLOCK_KINDS.find((kind) => kind.id === current) ?? BLOCK_KINDS[0]
  return (
    <Menu {...MENU} returnFocus={false}>
      <Menu.Target>
        <button
          type="button"
          className="weft-tool weft-tool-wide"
          aria-label={`Block: ${shown?.name}`}
          onMouseDown={(event) => event.preventDefault()}
        >
          <span>{shown?.name}</span>
          <IconChevronDown size={14} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: "auto" }}>
        {BLOCK_KINDS.filter((kind) => kind.turns).map(({ id, name, icon: Glyph, apply }) => (
          <Menu.Item
            key={id}
            leftSection={<Glyph size={17} stroke={1.75} />}
            aria-current={id === current}
            className="weft-menu-item"
            onClick={() => apply(editor)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

export function InsertMenu({ editor, icon }: { editor: Editor; icon: Icon }) {
  return (
    <Menu {...MENU} returnFocus={false}>
      <Menu.Target>
        <Tool icon={icon} label="Insert" />
      </Menu.Target>
      <Menu.Dropdown>
        {BLOCK_KINDS.filter(
          (kind) => kind.group === "Insert" || kind.id === "toggle" || kind.id === "callout-info",
        ).map(({ id, name, icon: Glyph, apply }) => (
          <Menu.Item key={id} leftSection={<Glyph size={17} stroke={1.75} />} onClick={() => apply(editor)}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

export function ColorMenu({ editor, format }: { editor: Editor; format: Format }) {
  return (
    <Menu {...MENU} returnFocus={false} width={236}>
      <Menu.Target>
        <Tool
          icon={IconHighlight}
          label="Highlight and colour"
          active={format.highlight !== null || format.color !== null}
          disabled={format.plain}
        />
      </Menu.Target>
      <Menu.Dropdown>
        <ColorChoices editor={editor} format={format} />
      </Menu.Dropdown>
    </Menu>
  )
}

const ALIGNMENTS = [
  { id: "left", name: "Align left", icon: IconAlignLeft },
  { id: "center", name: "Centre", icon: IconAlignCenter },
  { id: "right", name: "Align right", icon: IconAlignRight },
  { id: "justify", name: "Justify", icon: IconAlignJustified },
] as const

export function AlignMenu({ editor, current }: { editor: Editor; current: string }) {
  const shown = ALIGNMENTS.find(({ id }) => id === current) ?? ALIGNMENTS[0]
  const align = (id: string) =>
    (id === "left" ? editor.chain().focus().unsetTextAlign() : editor.chain().focus().setTextAlign(id)).run()
  return (
    <Menu {...MENU} returnFocus={false} width={170}>
      <Menu.Target>
        <Tool icon={shown.icon} label={`Alignment: ${shown.name}`} />
      </Menu.Target>
      <Menu.Dropdown>
        {ALIGNMENTS.map(({ id, name, icon: Glyph }) => (
          <Menu.Item
            key={id}
            leftSection={<Glyph size={17} stroke={1.75} />}
            aria-current={id === current}
            className="weft-menu-item"
            onClick={() => align(id)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

export function TableMenu({ editor }: { editor: Editor }) {
  return (
    <Menu {...MENU} returnFocus={false}>
      <Menu.Target>
        <Tool icon={IconTable} label="Table" />
      </Menu.Target>
      <Menu.Dropdown>
        <TableActions editor={editor} />
      </Menu.Dropdown>
    </Menu>
  )
}

export function BlockActionsMenu({ editor }: { editor: Editor }) {
  return (
    <Menu {...MENU} returnFocus={false}>
      <Menu.Target>
        <Tool icon={IconDots} label="Block actions" />
      </Menu.Target>
      <Menu.Dropdown>
        <BlockActions editor={editor} />
      </Menu.Dropdown>
    </Menu>
  )
}
