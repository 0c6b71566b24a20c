import { afterEach, expect, it } from "vitest"
import { unsavedDocuments, unsavedEdits, watchUnsaved } from "./unsaved"

const forgets: (() => void)[] = []
const watch = (waiting: () => number, atRisk = waiting) => {
  const forget = watchUnsaved({ waiting, atRisk, whenKept: async () => undefined })
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

it("lets go who has all of it in this browser", () => {
  watch(
    () => 2,
    () => 0,
  )
  expect(unsavedEdits()).toBe(2)
  expect(leave()).toBe(false)
})

it("counts the edits of all open documents", () => {
  watch(() => 2)
  const forget = watch(() => 1)
  watch(() => 0)
  expect([unsavedEdits(), unsavedDocuments()]).toEqual([3, 2])
  forget()
  expect([unsavedEdits(), unsavedDocuments()]).toEqual([2, 1])
})

it("does not ask once no document is open", () => {
  watch(() => 1)()
  expect(leave()).toBe(false)
})
