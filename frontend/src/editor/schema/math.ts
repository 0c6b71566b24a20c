import { type Editor, InputRule, mergeAttributes, Node, type NodeViewRendererProps } from "@tiptap/core"
import type { Node as PmNode } from "@tiptap/pm/model"
import { NodeSelection } from "@tiptap/pm/state"
import { openPanel } from "../panels"
import { drawFormula } from "./katex"

/*
 * Names, attributes and HTML are those of @tiptap/extension-mathematics; the package itself isn't used because importing
 * it pulls KaTeX into the first download.
 */

const latex = {
  default: "",
  parseHTML: (element: HTMLElement) => element.getAttribute("data-latex") ?? "",
  renderHTML: (attributes: Record<string, unknown>) => ({ "data-latex": String(attributes.latex ?? "") }),
}

export const InlineMath = Node.create({
  name: "inlineMath",
  group: "inline",
  inline: true,
  atom: true,
  addAttributes: () => ({ latex }),
  parseHTML: () => [{ tag: 'span[data-type="inline-math"]' }],
  renderHTML: ({ HTMLAttributes }) => ["span", mergeAttributes(HTMLAttributes, { "data-type": "inline-math" })],
  renderText: ({ node }) => `$${String(node.attrs.latex)}$`,
  addNodeView: () => (props) => formulaView(props, false),
  addKeyboardShortcuts() {
    return { Enter: () => editSelectedFormula(this.editor) }
  },
  addInputRules() {
    return [
      new InputRule({
        find: /(?<!\$)\$\$([^$\n]+)\$\$$/,
        handler: ({ state, range, match }) => {
          state.tr.replaceWith(range.from, range.to, this.type.create({ latex: (match[1] ?? "").trim() }))
        },
      }),
    ]
  },
  markdownTokenizer: {
    name: "inlineMath",
    level: "inline",
    start: (source: string) => source.indexOf("$"),
    // No space just inside the dollars, no digit just after: "$5 and $6" is money.
    tokenize: (source) => {
      const match = /^\$(?![\s$])((?:\\.|[^$\\\n])*?)(?<!\s)\$(?![\d$])/.exec(source)
      return match?.[1] ? { type: "inlineMath", raw: match[0], latex: match[1] } : undefined
    },
  },
  parseMarkdown: (token) => ({ type: "inlineMath", attrs: { latex: token.latex } }),
  renderMarkdown: (node) => `$${String(node.attrs?.latex ?? "")}$`,
})

export const BlockMath = Node.create({
  name: "blockMath",
  group: "block",
  atom: true,
  addAttributes: () => ({ latex }),
  parseHTML: () => [{ tag: 'div[data-type="block-math"]' }],
  renderHTML: ({ HTMLAttributes }) => ["div", mergeAttributes(HTMLAttributes, { "data-type": "block-math" })],
  renderText: ({ node }) => `$$${String(node.attrs.latex)}$$`,
  addNodeView: () => (props) => formulaView(props, true),
  addInputRules() {
    return [
      new InputRule({
        find: /^\$\$\s$/,
        handler: ({ state, range }) => {
          const $from = state.doc.resolve(range.from)
          if (!$from.node(-1).canReplaceWith($from.index(-1), $from.indexAfter(-1), this.type)) return
          state.tr.replaceWith($from.before(), $from.after(), this.type.create())
          queueMicrotask(() => openPanel(this.editor, { kind: "math", pos: $from.before() }))
        },
      }),
    ]
  },
  markdownTokenizer: {
    name: "blockMath",
    level: "block",
    start: (source: string) => source.indexOf("$$"),
    tokenize: (source) => {
      const match = /^\$\$\s*([\s\S]+?)\s*\$\$(?:\n|$)/.exec(source)
      return match ? { type: "blockMath", raw: match[0], latex: match[1] } : undefined
    },
  },
  parseMarkdown: (token) => ({ type: "blockMath", attrs: { latex: token.latex } }),
  renderMarkdown: (node) => `$$\n${String(node.attrs?.latex ?? "")}\n$$`,
})

function editSelectedFormula(editor: Editor): boolean {
  const { selection } = editor.state
  if (!(selection instanceof NodeSelection) || !/Math$/.test(selection.node.type.name)) return false
  openPanel(editor, { kind: "math", pos: selection.from })
  return true
}

function formulaView({ node, editor, getPos }: NodeViewRendererProps, block: boolean) {
  const dom = document.createElement(block ? "div" : "span")
  dom.className = block ? "weft-formula weft-formula-block" : "weft-formula"
  dom.setAttribute("data-type", block ? "block-math" : "inline-math")
  const drawing = dom.appendChild(document.createElement("span"))
  let shown: string | null = null

  const show = (current: PmNode) => {
    const next = String(current.attrs.latex ?? "")
    if (next === shown) return
    shown = next
    dom.setAttribute("aria-label", `Formula: ${next}`)
    void drawFormula(drawing, next, block)
  }
  dom.addEventListener("click", () => {
    const pos = getPos()
    if (editor.isEditable && pos !== undefined) openPanel(editor, { kind: "math", pos })
  })
  show(node)

  return {
    dom,
    update: (next: PmNode) => {
      if (next.type !== node.type) return false
      show(next)
      return true
    },
    ignoreMutation: () => true,
  }
}
