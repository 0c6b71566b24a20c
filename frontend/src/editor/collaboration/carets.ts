import { Extension } from "@tiptap/core"
import { yCursorPlugin } from "@tiptap/y-tiptap"
import type { Awareness } from "y-protocols/awareness"
import { createAbsolutePositionFromRelativePosition, createRelativePositionFromJSON, type Doc } from "yjs"
import { inkOn } from "../schema/colors"
import { BODY } from "./fields"
import { type Person, personOf } from "./people"
import "./carets.css"

/**
 * The others' carets and selections. Built on y-tiptap's cursor plugin and not on Tiptap's caret extension, because that
 * one has no filter: a peer's malformed cursor would throw inside everyone's transactions.
 */
export const RemoteCarets = Extension.create<{ doc: Doc | null; awareness: Awareness | null; user: Person | null }>({
  name: "remoteCarets",
  priority: 980,
  addOptions() {
    return { doc: null, awareness: null, user: null }
  },
  addProseMirrorPlugins() {
    const { doc, awareness } = this.options
    if (!doc || !awareness) return []
    return [
      yCursorPlugin(awareness, {
        awarenessStateFilter: (own: number, client: number, state: unknown) =>
          own !== client && client !== awareness.clientID && personOf(state) !== null && hasReadableCursor(doc, state),
        cursorBuilder: (user: unknown) => drawCaret(personOf({ user })),
        selectionBuilder: (user: unknown) => ({
          class: "weft-remote-selection",
          style: `--weft-person: ${personOf({ user })?.color ?? "transparent"}`,
        }),
      }),
    ]
  },
  onCreate() {
    // The server stamps the same; said here too for the moments before, and for peers behind other servers.
    const { awareness, user } = this.options
    if (awareness?.getLocalState() && user) awareness.setLocalStateField("user", user)
  },
})

/** Yjs throws at a relative position that makes no sense, and does so where nobody catches: so it's tried here first. */
function hasReadableCursor(doc: Doc, state: unknown): boolean {
  const cursor = (state as { cursor?: { anchor?: unknown; head?: unknown } | null }).cursor
  if (!cursor) return false
  try {
    for (const end of [cursor.anchor, cursor.head]) {
      const position = createRelativePositionFromJSON(end)
      // Asking for a root of another name would make one.
      if (position.tname !== null && position.tname !== BODY) return false
      createAbsolutePositionFromRelativePosition(position, doc)
    }
    return true
  } catch {
    return false
  }
}

/** A new element at each move (ProseMirror redraws a widget that moved), so the label shows anew and then fades. */
function drawCaret(person: Person | null): HTMLElement {
  const caret = document.createElement("span")
  caret.className = "weft-remote-caret"
  caret.style.setProperty("--weft-person", person?.color ?? "transparent")
  const label = document.createElement("span")
  label.className = "weft-remote-label"
  label.style.color = inkOn(person?.color ?? "#000000")
  label.textContent = person?.name ?? "" // text, never HTML: names are chosen by people
  // Word joiners keep the caret from being a place where a line may break.
  caret.append("\u2060", label, "\u2060")
  return caret
}
