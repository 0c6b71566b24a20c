import type { NodeViewRendererProps } from "@tiptap/core"
import { CodeBlock } from "@tiptap/extension-code-block"
import type { Node as PmNode } from "@tiptap/pm/model"
import { highlighting } from "./highlighting"
import { knownLanguage, LANGUAGES } from "./languages"

/** Code with a language picker and a copy button. The picker is a native select: best on phones and by keyboard. */
export const WeftCodeBlock = CodeBlock.extend({
  addNodeView() {
    return codeBlockView
  },
  addProseMirrorPlugins() {
    return [...(this.parent?.() ?? []), highlighting()]
  },
}).configure({ enableTabIndentation: true, tabSize: 2, exitOnTripleEnter: true })

function codeBlockView({ node, editor, getPos }: NodeViewRendererProps) {
  const dom = document.createElement("div")
  dom.className = "weft-code"
  const bar = dom.appendChild(document.createElement("div"))
  bar.className = "weft-code-bar"
  bar.contentEditable = "false"
  const pre = dom.appendChild(document.createElement("pre"))
  pre.spellcheck = false
  const contentDOM = pre.appendChild(document.createElement("code"))

  const picker = bar.appendChild(document.createElement("select"))
  picker.setAttribute("aria-label", "Language")
  picker.append(new Option("Plain text", ""), ...LANGUAGES.map(([id, name]) => new Option(name, id)))
  picker.addEventListener("change", () => {
    const pos = getPos()
    if (pos === undefined || !editor.isEditable) return
    editor.view.dispatch(editor.state.tr.setNodeAttribute(pos, "language", picker.value || null))
    editor.commands.focus(undefined, { scrollIntoView: false })
  })

  const copy = bar.appendChild(document.createElement("button"))
  copy.type = "button"
  copy.textContent = "Copy"
  copy.addEventListener("click", () => {
    navigator.clipboard.writeText(contentDOM.textContent ?? "").then(
      () => say("Copied"),
      () => say("Can't copy"),
    )
  })
  const say = (words: string) => {
    copy.textContent = words
    setTimeout(() => {
      copy.textContent = "Copy"
    }, 1500)
  }

  const show = (current: PmNode) => {
    const language = knownLanguage(current.attrs.language)
    picker.value = language ?? ""
    picker.disabled = !editor.isEditable
    contentDOM.className = language ? `language-${language}` : ""
  }
  show(node)

  return {
    dom,
    contentDOM,
    update: (next: PmNode) => {
      if (next.type !== node.type) return false
      show(next)
      return true
    },
    stopEvent: (event: Event) => event.target instanceof Node && bar.contains(event.target),
    ignoreMutation: (mutation: { type: string; target: Node }) =>
      mutation.type !== "selection" && !contentDOM.contains(mutation.target),
  }
}
