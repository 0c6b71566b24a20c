import { afterEach, expect, it } from "vitest"
import { unsavedEdits, watchUnsaved } from "./unsaved"

const forgets: (() => void)[] = []
const watch = (count: () => number) => {
  const forget = watchUnsaved(count)
  forgets.push(forget)
  return forget
}
const leave = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }))

afterEach(() => {
  for (const forget of forgets.splice(0)) forget()
})

it("asks before the page is left while an edit is not acknowledged, and not after", () => {
  let waiting = 2
  watch(() => waiting)
  expect(leave()).toBe(true)
  waiting = 0
  expect(leave()).toBe(false)
})

it("counts the edits of all open documents", () => {
  watch(() => 2)
  const forget = watch(() => 1)
  expect(unsavedEdits()).toBe(3)
  forget()
  expect(unsavedEdits()).toBe(2)
})

it("does not ask once no document is open", () => {
  watch(() => 1)()
  expect(leave()).toBe(false)
})
