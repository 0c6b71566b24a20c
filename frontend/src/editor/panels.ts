import { type Editor, Extension } from "@tiptap/core"
import { createStore, type Store } from "./store"

/** The small editor-owned surfaces; at most one is open. A position in here follows the document as others edit it. */
export type Panel =
  | { kind: "none" }
  | { kind: "link" }
  | { kind: "math"; pos: number }
  | { kind: "image"; pos: number | null }
  | { kind: "find" }
  | { kind: "shortcuts" }

const CLOSED: Panel = { kind: "none" }

declare module "@tiptap/core" {
  interface Storage {
    panels: { store: Store<Panel> }
  }
}

/** Keeps which panel is open, so that a keyboard shortcut, a click in the text and a menu can all open the same one. */
export const Panels = Extension.create({
  name: "panels",
  addStorage() {
    return { store: createStore<Panel>(CLOSED) }
  },
  onTransaction({ transaction }) {
    const { store } = this.storage as { store: Store<Panel> }
    const panel = store.get()
    if (!transaction.docChanged || !("pos" in panel) || panel.pos === null) return
    const mapped = transaction.mapping.mapResult(panel.pos)
    store.set(mapped.deletedAfter ? CLOSED : { ...panel, pos: mapped.pos })
  },
})

export function openPanel(editor: Editor, panel: Panel): void {
  editor.storage.panels.store.set(panel)
}

/** Closes whatever is open, and only if it is of that kind when one is named. */
export function closePanel(editor: Editor, kind?: Panel["kind"]): void {
  const { store } = editor.storage.panels
  if (kind === undefined || store.get().kind === kind) store.set(CLOSED)
}

export function openFind(editor: Editor): void {
  openPanel(editor, { kind: "find" })
}

export function openShortcuts(editor: Editor): void {
  openPanel(editor, { kind: "shortcuts" })
}
