import type { Editor, Extensions } from "@tiptap/core"
import { DragHandle } from "@tiptap/extension-drag-handle"
import { createStore, type Store } from "../store"
import type { Block } from "../typing/blocks"

/** The handle beside the block under the mouse: where React draws it, and which block that is. */
export type Handle = { element: HTMLElement; hovered: Store<Block | null>; extensions: Extensions }

/** One handle for one editor. The plugin moves the element about; its content is drawn by `BlockHandle`. */
export function createHandle(): Handle {
  const element = document.createElement("div")
  element.className = "weft-handle"
  element.style.visibility = "hidden"
  const hovered = createStore<Block | null>(null)
  let editor: Editor | null = null
  const extension = DragHandle.configure({
    render: () => element,
    nested: true,
    computePositionConfig: { placement: "left", strategy: "absolute" },
    onNodeChange: ((change: { node: Block["node"] | null; pos: number; editor: Editor }) => {
      editor = change.editor
      hovered.set(change.node ? { node: change.node, pos: change.pos } : null)
    }) as never,
    getReferencedVirtualElement: () => {
      const block = hovered.get()
      const dom = block && editor ? editor.view.nodeDOM(block.pos) : null
      return dom instanceof HTMLElement ? { getBoundingClientRect: () => firstLine(dom) } : null
    },
  })
  return { element, hovered, extensions: [extension] }
}

/** The box of a block's first line, so that the handle stands level with it whatever the size of the type. */
function firstLine(dom: HTMLElement): DOMRect {
  const box = dom.getBoundingClientRect()
  const style = getComputedStyle(dom)
  const line = Number.parseFloat(style.lineHeight) || 24
  const padding = Number.parseFloat(style.paddingTop) || 0
  const marker = dom.tagName === "LI" && style.listStyleType !== "none" ? 22 : 0
  return new DOMRect(box.left - marker - 6, box.top + padding, box.width, Math.min(line, Math.max(box.height, 20)))
}
