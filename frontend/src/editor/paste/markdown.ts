import type { Editor, JSONContent } from "@tiptap/core"
import { Node as PmNode, Slice } from "@tiptap/pm/model"

const BLOCK = [
  /^#{1,6} \S/m, // headings
  /^```|^~~~/m, // fences
  /^ *[-*+] \[[ xX]\] /m, // tasks
  /^\|.+\|\s*\n\|[ :|-]+\|/m, // tables
  /^> \S/m, // quotes
  /^\$\$\s*$[^]*?^\$\$\s*$/m, // formulas
]
const LIST_LINE = /^ {0,8}(?:[-*+]|\d{1,3}[.)]) \S/gm
const INLINE = [
  /\*\*[^\s*](?:[^*\n]*[^\s*])?\*\*/,
  /\[[^\]\n]+\]\((?:https?:|mailto:|\/|#)[^)\s]+\)/,
  /(?<!`)`[^`\n]+`(?!`)/,
  /!\[[^\]\n]*\]\([^)\s]+\)/,
]

const FENCE = /^(?:```|~~~)/m
/** What programs have and prose hasn't; comments and lists in them look like Markdown, which would join their lines. */
const CODE = [
  /^\$ \S/m, // a shell's prompt
  /^(?![-*+] |\d{1,3}[.)] |>|\|)\S.*\n(?: {4}|\t)\S/m, // a line further in, right below one that is no item of a list
  /^ +[\w.-]+:(?: |$)/m, // a key of YAML, within another
]

/**
 * Whether plain text was likely meant as Markdown. A wrong yes rearranges what someone pasted, so one dash at the
 * start of a line isn't enough, and a single star never is.
 */
export function looksLikeMarkdown(text: string): boolean {
  if (!FENCE.test(text) && CODE.some((expression) => expression.test(text))) return false
  if (BLOCK.some((expression) => expression.test(text))) return true
  if ((text.match(LIST_LINE)?.length ?? 0) >= 2) return true
  return INLINE.some((expression) => expression.test(text))
}

/** Markdown as a slice to paste, or null when it can't be read as a document of ours. */
export function markdownSlice(editor: Editor, markdown: string): Slice | null {
  try {
    const json = editor.storage.markdown.manager.parse(markdown)
    const doc = PmNode.fromJSON(editor.schema, withoutSoftBreaks(json))
    doc.check()
    // A paragraph at either end joins the line it is pasted into; any other block stays whole.
    const open = (block: PmNode | null) => (block?.type.name === "paragraph" ? 1 : 0)
    return new Slice(doc.content, open(doc.firstChild), open(doc.lastChild))
  } catch {
    return null
  }
}

/** A line's end within a paragraph is a space to Markdown; kept, the editor would show it as a break. */
function withoutSoftBreaks(json: JSONContent): JSONContent {
  if (json.type === "codeBlock") return json
  const text = json.text?.replace(/ *\n */g, " ")
  return { ...json, ...(text && { text }), ...(json.content && { content: json.content.map(withoutSoftBreaks) }) }
}

/** The whole document as Markdown. */
export function toMarkdown(editor: Editor): string {
  return editor.storage.markdown.manager.serialize(editor.getJSON())
}

/** Puts the document on the clipboard as Markdown. */
export function copyAsMarkdown(editor: Editor): Promise<void> {
  return navigator.clipboard.writeText(toMarkdown(editor))
}
