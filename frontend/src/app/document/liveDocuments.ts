import { Awareness } from "y-protocols/awareness"
import { Doc } from "yjs"
import { WeftProvider } from "../../sync"
import { server } from "../server"
import { watchUnsaved } from "./unsaved"

/** A document in step with the server, for as long as somebody holds it and until its last edit is saved. */
export interface LiveDocument {
  id: string
  doc: Doc
  awareness: Awareness
  provider: WeftProvider
}

interface Entry extends LiveDocument {
  holders: number
  forgetUnsaved(): void
}

const entries = new Map<string, Entry>()

/** A quick way back, and React's double mounting, find the document still there. */
const LINGER_MS = 2_000

export function hold(id: string): LiveDocument {
  const entry = entries.get(id) ?? open(id)
  entry.holders += 1
  // Whoever left before took their presence along.
  if (entry.awareness.getLocalState() === null) entry.awareness.setLocalState({})
  return entry
}

/**
 * Leaving a page must not lose what was typed on it: with edits unacknowledged the connection lives on until they are
 * saved, in the background, and the browser asks before the tab closes.
 */
export function letGo(id: string): void {
  const entry = entries.get(id)
  if (!entry) return
  entry.holders -= 1
  if (entry.holders > 0) return
  entry.awareness.setLocalState(null)
  setTimeout(() => closeWhenSaved(entry), LINGER_MS)
}

/** Gives up edits that can't be saved any more. */
export function discard(id: string): void {
  const entry = entries.get(id)
  if (entry) close(entry)
}

function open(id: string): Entry {
  const doc = new Doc()
  const awareness = new Awareness(doc)
  const provider = new WeftProvider(doc, awareness, { ...server(), documentId: id })
  const forgetUnsaved = watchUnsaved(() => provider.status.waiting)
  const entry: Entry = { id, doc, awareness, provider, holders: 0, forgetUnsaved }
  entries.set(id, entry)
  return entry
}

function closeWhenSaved(entry: Entry): void {
  if (entry.holders > 0 || entries.get(entry.id) !== entry) return
  if (!entry.provider.hasUnsavedChanges) {
    close(entry)
    return
  }
  const stop = entry.provider.subscribe(() => {
    if (entry.holders > 0) stop()
    else if (!entry.provider.hasUnsavedChanges) {
      stop()
      close(entry)
    }
  })
}

function close(entry: Entry): void {
  entries.delete(entry.id)
  entry.forgetUnsaved()
  entry.provider.destroy()
  entry.awareness.destroy()
  entry.doc.destroy()
}
