import { Awareness } from "y-protocols/awareness"
import { Doc } from "yjs"
import type { WeftProvider } from "../../sync"
import { connect, isOpen } from "./liveDocuments"

export type Refreshed =
  /** Both sides have the same, and this browser keeps it. */
  | "equal"
  /** The server won't take our edits: no right any more, gone, too large. */
  | "refused"
  /** Not this time. */
  | "unreached"

const PATIENCE_MS = 30_000

/** Brings a document that nobody looks at up to date, both ways, unseen by the others in it. */
export async function refresh(id: string): Promise<Refreshed> {
  if (isOpen(id)) return "equal"
  const doc = new Doc()
  const awareness = new Awareness(doc)
  awareness.setLocalState(null)
  const provider = connect(id, doc, awareness)
  try {
    const outcome = await firstOutcome(provider)
    await provider.whenKept()
    return outcome
  } finally {
    provider.destroy()
    awareness.destroy()
    doc.destroy()
  }
}

function firstOutcome(provider: WeftProvider): Promise<Refreshed> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("unreached"), PATIENCE_MS)
    const done = (outcome: Refreshed) => {
      clearTimeout(timer)
      resolve(outcome)
    }
    let synced = false
    const look = () => {
      const { status, readOnly } = provider
      if (status.kind === "ended") done(status.reason === "signed-out" ? "unreached" : "refused")
      else if (synced && status.kind === "saved") done("equal")
      else if (synced && readOnly) done(status.waiting > 0 ? "refused" : "equal")
    }
    provider.subscribe(look)
    void provider.whenSynced.then(() => {
      synced = true
      look()
    })
  })
}
