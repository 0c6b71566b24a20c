import type { ChainedCommands, Editor } from "@tiptap/core"
import {
  type Icon,
  IconAlertCircle,
  IconAlertTriangle,
  IconBlockquote,
  IconCaretRight,
  IconCircleCheck,
  IconCode,
  IconH1,
  IconH2,
  IconH3,
  IconH4,
  IconInfoCircle,
  IconList,
  IconListCheck,
  IconListNumbers,
  IconMath,
  IconPhoto,
  IconPilcrow,
  IconSeparator,
  IconTable,
} from "@tabler/icons-react"
import { openPanel } from "../panels"
import { type CalloutKind, calloutKind } from "../schema/callout"
import { openToggle } from "../schema/toggle"

export type BlockId =
  | "paragraph"
  | "heading1"
  | "heading2"
  | "heading3"
  | "heading4"
  | "bulletList"
  | "orderedList"
  | "taskList"
  | "blockquote"
  | "code"
  | "toggle"
export type CalloutId = `callout-${CalloutKind}`

/** Something a block can be turned into, or that can be put into the text. */
export type BlockKind = {
  id: string
  name: string
  hint: string
  icon: Icon
  group: "Text" | "Lists" | "Boxes" | "Insert"
  /** Words people look for it by, beside its name. */
  words: string
  /** How it's typed. */
  typed?: string
  /** Whether "turn into" offers it: a table can't be made of a paragraph. */
  turns: boolean
  apply: (editor: Editor) => void
}

export function calloutId(kind: unknown): CalloutId {
  return `callout-${calloutKind(kind)}`
}

/** Back to a plain line first: each kind is then one step from there, whatever the block was. */
function fromPlain(editor: Editor, change: (chain: ChainedCommands) => ChainedCommands): void {
  change(editor.chain().focus().clearNodes()).run()
}

const heading = (level: 1 | 2 | 3 | 4) => (editor: Editor) =>
  fromPlain(editor, (chain) => chain.setNode("heading", { level }))
const callout = (kind: CalloutKind) => (editor: Editor) =>
  editor.isActive("callout")
    ? editor.chain().focus().setCallout(kind).run()
    : fromPlain(editor, (chain) => chain.setCallout(kind))

function wrapInToggle(editor: Editor): void {
  fromPlain(editor, (chain) => chain.setDetails())
  const { $from } = editor.state.selection
  for (let depth = $from.depth; depth > 0; depth--) {
    if ($from.node(depth).type.name === "details") openToggle(editor, $from.before(depth))
  }
}

function insertBlockMath(editor: Editor): void {
  editor
    .chain()
    .focus()
    .insertContent({ type: "blockMath", attrs: { latex: "" } })
    .run()
  const { $from } = editor.state.selection
  for (const pos of [$from.pos, $from.pos - 1, $from.depth > 0 ? $from.before(1) - 1 : -1]) {
    if (pos >= 0 && editor.state.doc.nodeAt(pos)?.type.name === "blockMath")
      return openPanel(editor, { kind: "math", pos })
  }
}

export const BLOCK_KINDS: readonly BlockKind[] = [
  {
    id: "paragraph",
    name: "Text",
    hint: "A plain paragraph",
    icon: IconPilcrow,
    group: "Text",
    words: "paragraph plain normal body",
    turns: true,
    apply: (editor) => fromPlain(editor, (chain) => chain.setParagraph()),
  },
  {
    id: "heading1",
    name: "Heading 1",
    hint: "A chapter",
    icon: IconH1,
    group: "Text",
    words: "h1 title big",
    typed: "#",
    turns: true,
    apply: heading(1),
  },
  {
    id: "heading2",
    name: "Heading 2",
    hint: "A section",
    icon: IconH2,
    group: "Text",
    words: "h2 subtitle",
    typed: "##",
    turns: true,
    apply: heading(2),
  },
  {
    id: "heading3",
    name: "Heading 3",
    hint: "A part of a section",
    icon: IconH3,
    group: "Text",
    words: "h3",
    typed: "###",
    turns: true,
    apply: heading(3),
  },
  {
    id: "heading4",
    name: "Heading 4",
    hint: "The smallest heading",
    icon: IconH4,
    group: "Text",
    words: "h4",
    typed: "####",
    turns: true,
    apply: heading(4),
  },
  {
    id: "bulletList",
    name: "Bullet list",
    hint: "Points in no order",
    icon: IconList,
    group: "Lists",
    words: "unordered ul points",
    typed: "-",
    turns: true,
    apply: (editor) => fromPlain(editor, (chain) => chain.toggleBulletList()),
  },
  {
    id: "orderedList",
    name: "Numbered list",
    hint: "Steps in order",
    icon: IconListNumbers,
    group: "Lists",
    words: "ordered ol steps",
    typed: "1.",
    turns: true,
    apply: (editor) => fromPlain(editor, (chain) => chain.toggleOrderedList()),
  },
  {
    id: "taskList",
    name: "Task list",
    hint: "Things to tick off",
    icon: IconListCheck,
    group: "Lists",
    words: "todo to-do checkbox check",
    typed: "[]",
    turns: true,
    apply: (editor) => fromPlain(editor, (chain) => chain.toggleTaskList()),
  },
  {
    id: "toggle",
    name: "Toggle",
    hint: "Details to fold away",
    icon: IconCaretRight,
    group: "Lists",
    words: "details collapse fold accordion",
    turns: true,
    apply: wrapInToggle,
  },
  {
    id: "blockquote",
    name: "Quote",
    hint: "Somebody's words",
    icon: IconBlockquote,
    group: "Boxes",
    words: "blockquote citation",
    typed: ">",
    turns: true,
    apply: (editor) => fromPlain(editor, (chain) => chain.setBlockquote()),
  },
  {
    id: "callout-info",
    name: "Info box",
    hint: "Good to know",
    icon: IconInfoCircle,
    group: "Boxes",
    words: "callout note",
    typed: "!!!",
    turns: true,
    apply: callout("info"),
  },
  {
    id: "callout-success",
    name: "Success box",
    hint: "Done, or advised",
    icon: IconCircleCheck,
    group: "Boxes",
    words: "callout tip green",
    turns: true,
    apply: callout("success"),
  },
  {
    id: "callout-warning",
    name: "Warning box",
    hint: "Take care",
    icon: IconAlertTriangle,
    group: "Boxes",
    words: "callout caution attention yellow",
    turns: true,
    apply: callout("warning"),
  },
  {
    id: "callout-danger",
    name: "Danger box",
    hint: "Don't",
    icon: IconAlertCircle,
    group: "Boxes",
    words: "callout error red",
    turns: true,
    apply: callout("danger"),
  },
  {
    id: "code",
    name: "Code",
    hint: "Lines of a program",
    icon: IconCode,
    group: "Boxes",
    words: "codeblock snippet pre program",
    typed: "```",
    turns: true,
    apply: (editor) => fromPlain(editor, (chain) => chain.setCodeBlock()),
  },
  {
    id: "table",
    name: "Table",
    hint: "Rows and columns",
    icon: IconTable,
    group: "Insert",
    words: "grid cells spreadsheet",
    turns: false,
    apply: (editor) => editor.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(),
  },
  {
    id: "image",
    name: "Image",
    hint: "A picture by its address",
    icon: IconPhoto,
    group: "Insert",
    words: "picture photo img url",
    turns: false,
    apply: (editor) => openPanel(editor, { kind: "image", pos: null }),
  },
  {
    id: "divider",
    name: "Divider",
    hint: "A line across",
    icon: IconSeparator,
    group: "Insert",
    words: "horizontal rule hr line separator",
    typed: "---",
    turns: false,
    apply: (editor) => editor.chain().focus().setHorizontalRule().run(),
  },
  {
    id: "math",
    name: "Formula",
    hint: "Mathematics in LaTeX",
    icon: IconMath,
    group: "Insert",
    words: "math equation latex katex",
    typed: "$$",
    turns: false,
    apply: insertBlockMath,
  },
]

/** Those a person may mean by what they typed; names that begin with it come first. */
export function findKinds(query: string): BlockKind[] {
  const wanted = query.toLowerCase()
  if (wanted === "") return [...BLOCK_KINDS]
  // A space goes on with a name, "heading 2"; one at the start means that the slash was only a slash.
  if (wanted.startsWith(" ")) return []
  const rank = ({ name, words, typed }: BlockKind): number => {
    const lower = name.toLowerCase()
    if (lower.startsWith(wanted) || typed === wanted) return 0
    if (lower.split(" ").some((word) => word.startsWith(wanted)) || lower.replace(" ", "").startsWith(wanted)) return 1
    if (words.split(" ").some((word) => word.startsWith(wanted))) return 2
    return lower.includes(wanted) ? 3 : 4
  }
  return BLOCK_KINDS.map((kind) => ({ kind, rank: rank(kind) }))
    .filter((entry) => entry.rank < 4)
    .sort((a, b) => a.rank - b.rank)
    .map((entry) => entry.kind)
}
