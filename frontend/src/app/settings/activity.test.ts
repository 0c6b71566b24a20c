import { describe, expect, it } from "vitest"
import type { Activity } from "../../api/types"
import { deedOf } from "./activity"

const entry = (action: string, more: Partial<Activity> = {}): Activity => ({
  id: 1,
  at: "2026-11-26T08:00:00Z",
  action,
  actor: { id: 1, name: "Ann" },
  user: null,
  document: null,
  details: {},
  ...more,
})
const plan = { id: "d", title: "Plan" }
const ben = { id: 2, name: "Ben" }

const sentence = (of: Activity): string => {
  const { before, document, after } = deedOf(of)
  return [of.actor?.name, before, document?.title, after].filter(Boolean).join(" ")
}

describe("a line of activity", () => {
  it("is a sentence around the document", () => {
    expect(sentence(entry("document.shared", { document: plan, user: ben, details: { role: "reader" } }))).toBe("Ann shared Plan with Ben to read")
    expect(sentence(entry("document.exported", { document: plan, details: { format: "html" } }))).toBe("Ann exported Plan as HTML")
    expect(sentence(entry("invitation.sent", { document: plan, details: { email: "c@example.com", role: "editor" } }))).toBe(
      "Ann invited c@example.com to edit: Plan",
    )
  })

  it("is a sentence about people", () => {
    expect(sentence(entry("member.role_changed", { user: ben, details: { old: "reader", new: "admin" } }))).toBe(
      "Ann changed the role of Ben: from reader to admin",
    )
    expect(sentence(entry("member.removed", { user: null }))).toBe("Ann removed somebody")
    expect(sentence(entry("invitation.sent", { details: { email: "c@example.com", role: "editor" } }))).toBe("Ann invited c@example.com to edit")
  })

  it("keeps the title of a document that is gone, without a way to it", () => {
    expect(deedOf(entry("document.purged", { details: { title: "Plan" } })).document).toEqual({ id: null, title: "Plan" })
  })

  it("says what it can of an action that this page doesn’t know", () => {
    expect(sentence(entry("document.dyed_blue", { document: plan }))).toBe("Ann document dyed blue Plan")
  })
})
