/**
 * Asks the browser not to throw away what is kept here when its disk gets full. Chromium and Safari decide by themselves
 * and in silence; Firefox asks the person, and that only makes sense when they just chose to keep something.
 */
const asksPeople = (): boolean => CSS.supports("-moz-appearance", "none")

let done = false

export function askToLast(chosen: boolean): void {
  if (done || (!chosen && asksPeople()) || !navigator.storage?.persist) return
  done = true
  void navigator.storage.persist().catch(() => undefined)
}
