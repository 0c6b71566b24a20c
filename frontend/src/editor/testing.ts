import { Editor, type JSONContent } from "@tiptap/core"
import { Awareness } from "y-protocols/awareness"
import { applyUpdate, Doc } from "yjs"
import { createHistory } from "./collaboration/history"
import type { Person } from "./collaboration/people"
import { editorExtensions } from "./extensions"
import { PASTE_RULES } from "./paste"

/*
 * For tests: editors in jsdom, which lays nothing out. ProseMirror and our jumps ask where text is; there it's nowhere.
 */
const nowhere = () => [] as unknown as DOMRectList
Range.prototype.getClientRects ??= nowhere
Range.prototype.getBoundingClientRect ??= () => new DOMRect()
Element.prototype.scrollBy ??= () => {}
document.elementFromPoint ??= () => null
// jsdom has no clipboard either; ProseMirror only passes the event on.
globalThis.ClipboardEvent ??= class extends Event {} as never

export type Desk = { editor: Editor; doc: Doc; awareness: Awareness; close: () => void }

/** One person's editor over a document of their own (or a given one). */
export function openDesk(user: Person = { id: 1, name: "Ann", color: "#c2410c" }, doc = new Doc()): Desk {
  const awareness = new Awareness(doc)
  const element = document.body.appendChild(document.createElement("div"))
  const history = createHistory(doc)
  const editor = new Editor({
    element,
    injectCSS: false,
    enablePasteRules: PASTE_RULES,
    extensions: editorExtensions({ doc, history, awareness, user }),
  })
  return {
    editor,
    doc,
    awareness,
    close: () => {
      editor.destroy()
      awareness.destroy()
      element.remove()
    },
  }
}

/** Carries every update between documents at once, as a perfect network would. */
export function link(...docs: Doc[]): void {
  for (const from of docs) {
    from.on("update", (update: Uint8Array, origin: unknown) => {
      for (const to of docs) if (to !== from && to !== origin) applyUpdate(to, update, from)
    })
  }
}

export const p = (...words: (string | JSONContent)[]): JSONContent => block("paragraph", {}, ...words)
export const h = (level: number, words: string): JSONContent => block("heading", { level }, words)

/** A node with text or nodes in it; empty attributes and content are left out, as ProseMirror's JSON does. */
export function block(
  type: string,
  attrs: Record<string, unknown> = {},
  ...content: (string | JSONContent)[]
): JSONContent {
  return {
    type,
    ...(Object.keys(attrs).length > 0 && { attrs }),
    ...(content.length > 0 && {
      content: content.map((part) => (typeof part === "string" ? { type: "text", text: part } : part)),
    }),
  }
}

/** A document's content without attributes at rest (null), which say nothing. */
export function plain(json: JSONContent): JSONContent {
  return JSON.parse(JSON.stringify(json), (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value
    const kept = Object.entries(value).filter(
      ([key, part]) => part !== null && !(key === "attrs" && Object.values(part as object).every((v) => v === null)),
    )
    return Object.fromEntries(kept)
  }) as JSONContent
}
