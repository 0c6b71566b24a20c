/** Every shortcut there is, for the sheet that lists them and the hints that name them. */
export type Shortcut = { name: string; keys: string }

export const SHORTCUTS: readonly { group: string; items: readonly Shortcut[] }[] = [
  {
    group: "Text",
    items: [
      { name: "Bold", keys: "Mod-B" },
      { name: "Italic", keys: "Mod-I" },
      { name: "Underline", keys: "Mod-U" },
      { name: "Strikethrough", keys: "Mod-Shift-S" },
      { name: "Code", keys: "Mod-E" },
      { name: "Highlight", keys: "Mod-Shift-H" },
      { name: "Link", keys: "Mod-K" },
      { name: "Clear formatting", keys: "Mod-\\" },
    ],
  },
  {
    group: "Blocks",
    items: [
      { name: "Insert a block", keys: "/" },
      { name: "Heading 1–4", keys: "Mod-Alt-1…4" },
      { name: "Plain text", keys: "Mod-Alt-0" },
      { name: "Numbered list", keys: "Mod-Shift-7" },
      { name: "Bullet list", keys: "Mod-Shift-8" },
      { name: "Task list", keys: "Mod-Shift-9" },
      { name: "Quote", keys: "Mod-Shift-B" },
      { name: "Code block", keys: "Mod-Alt-C" },
      { name: "Open or close a toggle", keys: "Mod-Enter" },
    ],
  },
  {
    group: "Move and arrange",
    items: [
      { name: "Move block up", keys: "Alt-Shift-↑" },
      { name: "Move block down", keys: "Alt-Shift-↓" },
      { name: "Duplicate block", keys: "Mod-D" },
      { name: "Delete block", keys: "Mod-Shift-⌫" },
      { name: "Nest a list item", keys: "Tab" },
      { name: "Un-nest a list item", keys: "Shift-Tab" },
      { name: "Align left, centre, right", keys: "Mod-Shift-L/E/R" },
      { name: "Line break", keys: "Shift-Enter" },
    ],
  },
  {
    group: "Document",
    items: [
      { name: "Undo", keys: "Mod-Z" },
      { name: "Redo", keys: "Mod-Shift-Z" },
      { name: "Find in document", keys: "Mod-F" },
      { name: "Paste as plain text", keys: "Mod-Shift-V" },
      { name: "To the toolbar", keys: "Alt-F10" },
      { name: "Back to the text", keys: "Esc" },
      { name: "This list", keys: "Mod-/" },
    ],
  },
]

/** What people type to get a block or a style, as in Markdown. */
export const TYPED: readonly Shortcut[] = [
  { name: "Headings", keys: "#  ##  ###  ####" },
  { name: "Bullet list", keys: "-  or  *" },
  { name: "Numbered list", keys: "1." },
  { name: "Task", keys: "[ ]" },
  { name: "Quote", keys: ">" },
  { name: "Box", keys: "!!!" },
  { name: "Code block", keys: "```" },
  { name: "Divider", keys: "---" },
  { name: "Bold, italic", keys: "**bold**  *italic*" },
  { name: "Code, strike", keys: "`code`  ~~strike~~" },
  { name: "Highlight", keys: "==marked==" },
  { name: "Formula", keys: "$$x^2$$" },
]

const APPLE = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform)
const APPLE_KEYS: Record<string, string> = { Mod: "⌘", Shift: "⇧", Alt: "⌥", Enter: "↵" }

/** `Mod-Shift-S` as this machine writes it. */
export function readableKeys(keys: string, apple = APPLE): string {
  const parts = keys.split("-")
  if (apple) return parts.map((part) => APPLE_KEYS[part] ?? part).join("")
  return parts.map((part) => (part === "Mod" ? "Ctrl" : part)).join("+")
}
