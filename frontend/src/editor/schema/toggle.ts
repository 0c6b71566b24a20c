import { type Editor, findParentNode } from "@tiptap/core"
import { Details, DetailsContent, DetailsSummary } from "@tiptap/extension-details"

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
    }
  },
}).configure({
  persist: false,
  renderToggleButton: ({ element, isOpen, node }) => {
    element.setAttribute("aria-expanded", String(isOpen))
    element.setAttribute("aria-label", `${isOpen ? "Collapse" : "Expand"} ${node.firstChild?.textContent || "toggle"}`)
    element.contentEditable = "false"
  },
})

export { DetailsContent as ToggleContent, DetailsSummary as ToggleSummary }

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

/** The click also moves focus into the text (Tiptap's doing); a jump from the outline or the find bar must not. */
function toggleQuietly(button: HTMLButtonElement): void {
  const focused = document.activeElement
  button.click()
  if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus({ preventScroll: true })
}

function buttonOf(editor: Editor, pos: number): HTMLButtonElement | null {
  const dom = editor.view.nodeDOM(pos)
  return dom instanceof HTMLElement ? dom.querySelector<HTMLButtonElement>(":scope > button") : null
}
