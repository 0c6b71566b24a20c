import type { Extensions } from "@tiptap/core"
import { TableKit } from "@tiptap/extension-table"
import { TaskItem, TaskList } from "@tiptap/extension-list"
import { TextAlign } from "@tiptap/extension-text-align"
import { StarterKit } from "@tiptap/starter-kit"
import { Callout } from "./callout"
import { WeftCodeBlock } from "./codeBlock"
import { WeftImage } from "./image"
import { WeftHighlight, WeftLink, WeftTextStyle } from "./marks"
import { BlockMath, InlineMath } from "./math"
import { NumberedList } from "./numberedList"
import { Toggle, ToggleContent, ToggleSummary } from "./toggle"

const ALIGNMENTS = ["left", "center", "right", "justify"]

/** Tiptap writes whatever the attribute holds into a style; a peer decides what it holds. */
const SafeTextAlign = TextAlign.extend({
  addGlobalAttributes() {
    return [
      {
        types: ["paragraph", "heading"],
        attributes: {
          textAlign: {
            default: null,
            parseHTML: (element: HTMLElement) => alignment(element.style.textAlign || element.getAttribute("align")),
            renderHTML: ({ textAlign }: Record<string, unknown>) =>
              alignment(textAlign) ? { style: `text-align: ${alignment(textAlign)}` } : {},
          },
        },
      },
    ]
  },
}).configure({ types: ["paragraph", "heading"], alignments: ALIGNMENTS })

/**
 * Bullets, rules and boxes stand on the side where the first words within begin, left or right. Lines of text find theirs
 * each by itself, in the style sheet: a `dir` of their own would hide them from the list around.
 */
const SIDE = { HTMLAttributes: { dir: "auto" } }

function alignment(value: unknown): string | null {
  return ALIGNMENTS.find((name) => name === value && name !== "left") ?? null
}

/**
 * The shape of a Weft document: every node and mark, with the names and attributes the server reads. Nothing here shows
 * a menu or knows of other people; the same list makes the editor, the tests and any headless reader.
 */
export function documentSchema(): Extensions {
  return [
    StarterKit.configure({
      heading: { levels: [1, 2, 3, 4] },
      codeBlock: false,
      link: false,
      orderedList: false,
      undoRedo: false, // history is shared with the title and counts only one's own edits: collaboration/
      trailingNode: false, // would write into the document of everyone who merely opens it: a click below the text makes the line instead
      bulletList: SIDE,
      blockquote: SIDE,
      dropcursor: { color: "var(--weft-accent)", width: 2, class: "weft-dropcursor" },
    }),
    NumberedList.configure(SIDE),
    WeftLink,
    WeftHighlight,
    WeftTextStyle,
    SafeTextAlign,
    TaskList.configure(SIDE),
    TaskItem.configure({ nested: true, a11y: { checkboxLabel: (node) => node.firstChild?.textContent || "Task" } }),
    TableKit.configure({
      table: { resizable: true, cellMinWidth: 60, lastColumnResizable: true, allowTableNodeSelection: true },
    }),
    WeftCodeBlock,
    WeftImage,
    Callout,
    Toggle,
    ToggleContent,
    ToggleSummary,
    InlineMath,
    BlockMath,
  ]
}
