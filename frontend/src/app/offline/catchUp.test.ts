import { describe, expect, it } from "vitest"
import type { KeptSummary } from "../../local/database"
import { aDocument } from "../testing/documents"
import { isDue } from "./catchUp"

const kept: KeptSummary = {
  id: "plan", whole: true, mayEdit: true, keepOffline: false, openedAt: 0, bytes: 10, asOf: "monday", waiting: 0,
}
const plan = aDocument({ id: "plan", updated_at: "monday" })
const changed = aDocument({ id: "plan", updated_at: "tuesday" })

describe("a document that nobody has open", () => {
  it("is left alone when it was only opened once", () => {
    expect(isDue(kept, changed)).toBe(false)
  })

  it("is delivered when something waits", () => {
    expect(isDue({ ...kept, waiting: 1 }, plan)).toBe(true)
  })

  it("is fetched when it is to be kept offline and isn't here in full, or changed", () => {
    const marked = { ...kept, keepOffline: true }
    expect(isDue(marked, plan)).toBe(false)
    expect(isDue(marked, changed)).toBe(true)
    expect(isDue({ ...marked, whole: false }, plan)).toBe(true)
  })
})
