/**
 * What would be lost if the page went away now. Open documents answer for themselves; as long as any has something, leaving
 * asks first. Kept apart from the provider, so that the lists can ask without loading it.
 */
const counts = new Set<() => number>()

export function unsavedEdits(): number {
  let sum = 0
  for (const count of counts) sum += count()
  return sum
}

/** Whether a document is open, which then tells by itself that its session ended. */
export const isDocumentOpen = (): boolean => counts.size > 0

/** Answers with the function that forgets it again. */
export function watchUnsaved(count: () => number): () => void {
  // Only while a document is open: a listener that is always there keeps browsers from caching the page for "back".
  if (counts.size === 0) window.addEventListener("beforeunload", askBeforeLeaving)
  counts.add(count)
  return () => {
    counts.delete(count)
    if (counts.size === 0) window.removeEventListener("beforeunload", askBeforeLeaving)
  }
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  if (unsavedEdits() > 0) event.preventDefault()
}
