/**
 * What the open documents have that the server hasn't. They answer for themselves; as long as something would be lost with
 * the page, leaving asks first. Kept apart from the provider, so that the lists can ask without loading it.
 */
export interface Open {
  /** Edits without an ack. */
  waiting(): number
  /** Those among them that are nowhere but in this page. */
  atRisk(): number
  /** Fulfilled when this browser keeps what it can keep. */
  whenKept(): Promise<void>
}

const opened = new Set<Open>()
let leaving = false

const sum = (count: (open: Open) => number): number => [...opened].reduce((total, open) => total + count(open), 0)

export const unsavedEdits = (): number => sum((open) => open.waiting())

export const unsavedDocuments = (): number => [...opened].filter((open) => open.waiting() > 0).length

export const allKept = async (): Promise<void> => void (await Promise.all([...opened].map((open) => open.whenKept())))

/** Whether a document is open, which then tells by itself that its session ended. */
export const isDocumentOpen = (): boolean => opened.size > 0

/** The question was asked and answered; the browser need not ask again. */
export const leaveWithoutAsking = (): void => {
  leaving = true
}

/** Answers with the function that forgets it again. */
export function watchUnsaved(open: Open): () => void {
  // Only while a document is open: a listener that is always there keeps browsers from caching the page for "back".
  if (opened.size === 0) window.addEventListener("beforeunload", askBeforeLeaving)
  opened.add(open)
  return () => {
    opened.delete(open)
    if (opened.size === 0) window.removeEventListener("beforeunload", askBeforeLeaving)
  }
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  if (!leaving && sum((open) => open.atRisk()) > 0) event.preventDefault()
}
