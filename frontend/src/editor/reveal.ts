import type { Editor } from "@tiptap/core"
import { openTogglesAround } from "./schema/toggle"

export function prefersStillness(): boolean {
  return typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches
}

/** The element that scrolls the document: the nearest that does, or the page. */
export function scrollerOf(element: Element): HTMLElement {
  for (let at = element.parentElement; at; at = at.parentElement) {
    const { overflowY } = getComputedStyle(at)
    if ((overflowY === "auto" || overflowY === "scroll") && at.scrollHeight > at.clientHeight) return at
  }
  return (document.scrollingElement ?? document.documentElement) as HTMLElement
}

/** Scrolls a position into a calm place of the viewport, a third from the top, opening toggles that hide it. */
export function reveal(editor: Editor, pos: number, options: { always?: boolean } = {}): void {
  openTogglesAround(editor, pos)
  const at = Math.min(pos, editor.state.doc.content.size)
  const { top, bottom } = editor.view.coordsAtPos(at)
  const scroller = scrollerOf(editor.view.dom)
  const page = scroller === document.scrollingElement || scroller === document.documentElement
  const frame = page ? { top: 0, bottom: window.innerHeight } : scroller.getBoundingClientRect()
  const comfortable = top > frame.top + 90 && bottom < frame.bottom - 90
  if (comfortable && !options.always) return
  const goal = frame.top + (frame.bottom - frame.top) * (options.always ? 0.14 : 0.33)
  scroller.scrollBy({ top: top - goal, behavior: prefersStillness() ? "auto" : "smooth" })
}
