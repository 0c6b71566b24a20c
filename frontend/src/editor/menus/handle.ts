import { type Editor, Extension, type Extensions } from "@tiptap/core"
import { DragHandle } from "@tiptap/extension-drag-handle"
import { NodeSelection } from "@tiptap/pm/state"
import type { Doc, XmlElement } from "yjs"
import { bodyOf } from "../collaboration/fields"
import { elementAt, positionOf } from "../collaboration/identity"
import { createStore, type Store } from "../store"
import type { Block } from "../typing/blocks"

/** The handle beside the block under the mouse: where React draws it, and which block that is. */
export type Handle = { element: HTMLElement; hovered: Store<Block | null>; extensions: Extensions }

/**
 * One handle for one editor. The plugin moves the element about; its content is drawn by `BlockHandle`. Which block it
 * stands for while others write is told here: at each edit the plugin takes the outermost block around for it, so that
 * a list's item became the list.
 */
export function createHandle(doc: Doc): Handle {
  const body = bodyOf(doc)
  const element = document.createElement("div")
  element.className = "weft-handle"
  element.style.visibility = "hidden"
  const hovered = createStore<Block | null>(null)
  let shared: XmlElement | null = null
  let editor: Editor | null = null
  let editing = false
  let strayed = false

  const hover = (on: Editor, block: Block | null) => {
    editor = on
    shared = block && elementAt(body, on.state.doc, block.pos)
    hovered.set(block)
  }
  const follow = (on: Editor) => {
    if (!hovered.get()) return
    const pos = shared && positionOf(body, on.state.doc, shared)
    const node = pos === null ? null : on.state.doc.nodeAt(pos)
    if (pos !== null && node) hovered.set({ node, pos })
    else on.commands.setMeta("hideDragHandle", true)
  }

  const handle = DragHandle.configure({
    render: () => element,
    nested: true,
    computePositionConfig: { placement: "left", strategy: "absolute" },
    onNodeChange: ((change: { node: Block["node"] | null; pos: number; editor: Editor }) => {
      if (!change.node) hover(change.editor, null)
      else if (editing) strayed = true
      else hover(change.editor, { node: change.node, pos: change.pos })
    }) as never,
    getReferencedVirtualElement: () => ({
      // Asked for when the edit is through, and the block known again.
      getBoundingClientRect: () => {
        const block = hovered.get()
        const dom = block && editor ? editor.view.nodeDOM(block.pos) : null
        return dom instanceof HTMLElement ? firstLine(dom) : element.getBoundingClientRect()
      },
    }),
  })

  const following = Extension.create({
    name: "handleFollowing",
    onCreate() {
      const { editor } = this
      editor.on("beforeTransaction", ({ transaction }) => {
        editing = transaction.docChanged
      })
      editor.on("transaction", ({ transaction }) => {
        editing = false
        if (transaction.docChanged) follow(editor)
      })
      // The plugin tells of no block that it believes to be at already, so it has to forget that first.
      editor.view.dom.addEventListener("mousemove", () => {
        const locked = !element.draggable
        if (!strayed || locked) return
        strayed = false
        editor.commands.setMeta("hideDragHandle", true)
      }, { capture: true })
      // After the plugin's own listener, which may have taken the outer block.
      element.addEventListener("dragstart", (event) => drag(editor, hovered.get(), event))
    },
  })

  return { element, hovered, extensions: [handle, following] }
}

/** Makes this block the one that is dragged, if the plugin has begun with another. */
function drag({ view, state }: Editor, block: Block | null, event: DragEvent): void {
  const dragging = view.dragging as { node?: NodeSelection } | null
  if (!block || dragging?.node?.node === block.node) return
  const node = NodeSelection.create(state.doc, block.pos)
  view.dragging = { slice: node.content(), move: true, node } as typeof view.dragging
  const dom = view.nodeDOM(block.pos)
  if (dom instanceof HTMLElement) event.dataTransfer?.setDragImage(dom, 0, 0)
  view.dispatch(state.tr.setSelection(node))
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
