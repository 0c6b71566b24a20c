import { Awareness } from "y-protocols/awareness"
import { Doc } from "yjs"
import { WeftProvider } from "../../sync"
import { serverServes } from "../offline/builds"
import { isRefused } from "../offline/refused"
import { askToLast } from "../offline/lasting"
import { local } from "../offline/local"
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

/** Gives up edits that can't be saved any more, and what this browser keeps of the document. */
export async function discard(id: string): Promise<void> {
  const entry = entries.get(id)
  if (!entry) return
  isRefused(id, false)
  const forgotten = entry.provider.forget()
  close(entry)
  await forgotten
}

export const isOpen = (id: string): boolean => entries.has(id)

/** A provider for the document, over this browser's copy of it where there can be one. */
export function connect(id: string, doc: Doc, awareness: Awareness): WeftProvider {
  const shelf = local()
  const provider = new WeftProvider(doc, awareness, { ...server(), documentId: id, ...(shelf && { shelf }) })
  provider.subscribe(() => {
    serverServes(provider.build)
    if (isRevoked(provider)) void provider.forget()
  })
  return provider
}

/** What the server took from us doesn't stay here, unless it holds something that only we have. */
const isRevoked = ({ status }: WeftProvider): boolean =>
  status.kind === "ended" && status.waiting === 0 && (status.reason === "forbidden" || status.reason === "gone")

function open(id: string): Entry {
  const doc = new Doc()
  const awareness = new Awareness(doc)
  const provider = connect(id, doc, awareness)
  void local()?.opened(id).catch(() => undefined)
  const stopAsking = provider.subscribe(() => {
    if (provider.status.waiting === 0 || !provider.keepsEdits) return
    stopAsking()
    askToLast(false)
  })
  const forgetUnsaved = watchUnsaved({
    waiting: () => provider.status.waiting,
    atRisk: () => provider.atRisk,
    whenKept: () => provider.whenKept(),
  })
  const entry: Entry = { id, doc, awareness, provider, holders: 0, forgetUnsaved }
  entries.set(id, entry)
  return entry
}

function closeWhenSaved(entry: Entry): void {
  if (entry.holders > 0 || entries.get(entry.id) !== entry) return
  if (isDone(entry.provider)) {
    close(entry)
    return
  }
  const stop = entry.provider.subscribe(() => {
    if (entry.holders > 0) stop()
    else if (isDone(entry.provider)) {
      stop()
      close(entry)
    }
  })
}

/** Nothing left to deliver, or no use in trying, with all of it safe in this browser. */
const isDone = (provider: WeftProvider): boolean => !provider.hasUnsavedChanges || (provider.status.kind === "ended" && provider.atRisk === 0)

function close(entry: Entry): void {
  if (entries.get(entry.id) !== entry) return
  entries.delete(entry.id)
  entry.forgetUnsaved()
  entry.provider.destroy()
  entry.awareness.destroy()
  entry.doc.destroy()
}
