import type { Editor } from "@tiptap/core"
import { relativePositionToAbsolutePosition, ySyncPluginKey } from "@tiptap/y-tiptap"
import type { Awareness } from "y-protocols/awareness"
import { createRelativePositionFromJSON } from "yjs"
import { personOf } from "../collaboration/people"
import { reveal } from "../reveal"

/** Where a person's caret is in this document, or null while it is in none. Of several tabs, the one that has a caret. */
export function caretOf(editor: Editor, awareness: Awareness, person: number): number | null {
  const sync = ySyncPluginKey.getState(editor.state) as
    | { doc: never; type: never; binding?: { mapping: never } }
    | undefined
  if (!sync?.binding) return null
  for (const [client, state] of awareness.getStates()) {
    const cursor = (state as { cursor?: { head?: unknown } | null }).cursor
    if (client === awareness.clientID || !cursor?.head || personOf(state)?.id !== person) continue
    try {
      const head = createRelativePositionFromJSON(cursor.head)
      const pos = relativePositionToAbsolutePosition(sync.doc, sync.type, head, sync.binding.mapping)
      if (pos !== null) return pos
    } catch {
      // A caret we can't read is no caret.
    }
  }
  return null
}

/** Keeps a person's caret in view until stopped, or until the reader scrolls, points or types: then `onStop`. */
export function follow(editor: Editor, awareness: Awareness, person: number, onStop: () => void): () => void {
  let frame = 0
  const keepUp = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0
      if (editor.isDestroyed) return
      const pos = caretOf(editor, awareness, person)
      if (pos !== null) reveal(editor, pos)
    })
  }
  const onAwareness = () => {
    const here = [...awareness.getStates().values()].some((state) => personOf(state)?.id === person)
    if (here) keepUp()
    else onStop()
  }
  const onInput = (event: Event) => {
    const inMenu = event.target instanceof Element && event.target.closest(".weft-presence, .weft-following")
    if (!inMenu) onStop()
  }
  keepUp()
  awareness.on("change", onAwareness)
  const inputs = ["wheel", "touchmove", "pointerdown", "keydown"]
  for (const name of inputs) window.addEventListener(name, onInput, { passive: true, capture: true })
  return () => {
    cancelAnimationFrame(frame)
    awareness.off("change", onAwareness)
    for (const name of inputs) window.removeEventListener(name, onInput, { capture: true })
  }
}
