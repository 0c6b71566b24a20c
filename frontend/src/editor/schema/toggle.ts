import { type Editor, findParentNode } from "@tiptap/core"
import { Details, DetailsContent, DetailsSummary } from "@tiptap/extension-details"
import { TextSelection } from "@tiptap/pm/state"

/**
 * A toggle: a summary that shows or hides the blocks below it. Whether it is open is each reader's own affair, so it is
 * kept in the page and not in the document.
 */
export const Toggle = Details.extend({
  addKeyboardShortcuts() {
    return {
      ...this.parent?.(),
      "Mod-Enter": () => {
        const toggle = findParentNode((node) => node.type === this.type)(this.editor.state.selection)
        if (!toggle) return false
        buttonOf(this.editor, toggle.pos)?.click()
        return true
      },
      // Tiptap's makes a line each time, and the one that every toggle begins with was left behind, in the way of leaving.
      Enter: (props) => enterEmptyContent(this.editor) || (this.parent?.()?.Enter?.(props) ?? false),
    }
  },

  // As GitHub and our own export write it. The reader of HTML in Markdown takes each tag for a piece of its own, and
  // would leave the blocks between them outside.
  markdownTokenizer: {
    name: "details",
    level: "block",
    start: (source: string) => source.search(/^<details\b/im),
    tokenize: (source, _tokens, lexer) => {
      const raw = wholeDetails(source)
      const match = raw && /^<details[^>]*>\s*(?:<summary[^>]*>(.*?)<\/summary>)?(.*)<\/details>\s*$/is.exec(raw)
      if (!match) return undefined
      const summary = new DOMParser().parseFromString(match[1] ?? "", "text/html").body.textContent ?? ""
      return { type: "details", raw, summary: summary.trim(), tokens: lexer.blockTokens((match[2] ?? "").trim()) }
    },
  },

  parseMarkdown: (token, helpers) => {
    const content = helpers.parseChildren(token.tokens ?? [])
    return helpers.createNode("details", {}, [
      helpers.createNode("detailsSummary", {}, token.summary ? [helpers.createTextNode(token.summary)] : []),
      helpers.createNode("detailsContent", {}, content.length ? content : [{ type: "paragraph" }]),
    ])
  },

  renderMarkdown: (node, helpers) => {
    const [summary, content] = node.content ?? []
    const words = (summary?.content ?? []).map((part) => part.text ?? "").join("")
    const escaped = words.replace(/&/g, "&amp;").replace(/</g, "&lt;")
    const inner = helpers.renderChildren(content?.content ?? [], "\n\n")
    return `<details>\n<summary>${escaped}</summary>\n\n${inner}\n\n</details>`
  },
}).configure({
  HTMLAttributes: { dir: "auto" },
  persist: false,
  renderToggleButton: ({ element, isOpen, node }) => {
    element.setAttribute("aria-expanded", String(isOpen))
    element.setAttribute("aria-label", `${isOpen ? "Collapse" : "Expand"} ${node.firstChild?.textContent || "toggle"}`)
    element.contentEditable = "false"
  },
})

/** From an opening tag at the beginning to the closing tag that belongs to it. */
function wholeDetails(source: string): string | null {
  if (!/^<details\b/i.test(source)) return null
  let depth = 0
  for (const tag of source.matchAll(/<(\/?)details\b[^>]*>\s*/gi)) {
    depth += tag[1] ? -1 : 1
    if (depth === 0) return source.slice(0, tag.index + tag[0].length)
  }
  return null
}

export { DetailsContent as ToggleContent, DetailsSummary as ToggleSummary }

/** From the end of a summary on to the empty line below it, if that is all there is and can be seen. */
function enterEmptyContent(editor: Editor): boolean {
  const { state, view } = editor
  const { $head, empty } = state.selection
  if (!empty || $head.parent.type.name !== "detailsSummary" || $head.parentOffset < $head.parent.content.size) return false
  const content = state.doc.nodeAt($head.after())
  const open = buttonOf(editor, $head.before(-1))?.getAttribute("aria-expanded") === "true"
  if (!open || content?.childCount !== 1 || !content.firstChild?.isTextblock || content.firstChild.content.size > 0) {
    return false
  }
  view.dispatch(state.tr.setSelection(TextSelection.create(state.doc, $head.after() + 2)).scrollIntoView())
  return true
}

/** Opens every closed toggle around a position, so that what is to be shown there can be seen. */
export function openTogglesAround(editor: Editor, pos: number): void {
  const $pos = editor.state.doc.resolve(Math.min(pos, editor.state.doc.content.size))
  for (let depth = 1; depth <= $pos.depth; depth++) {
    if ($pos.node(depth).type.name === "details") openToggle(editor, $pos.before(depth))
  }
}

export function openToggle(editor: Editor, pos: number): void {
  const button = buttonOf(editor, pos)
  if (button?.getAttribute("aria-expanded") === "false") toggleQuietly(button)
}

/**
 * The click also moves the focus into the text, with the next frame (Tiptap's doing). A jump from the outline or the find
 * bar must not: the next Enter there, meant for the next match, would break the line.
 */
function toggleQuietly(button: HTMLButtonElement): void {
  const focused = document.activeElement
  button.click()
  requestAnimationFrame(() => {
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus({ preventScroll: true })
  })
}

function buttonOf(editor: Editor, pos: number): HTMLButtonElement | null {
  const dom = editor.view.nodeDOM(pos)
  return dom instanceof HTMLElement ? dom.querySelector<HTMLButtonElement>(":scope > button") : null
}
