import { describe, expect, it } from "vitest"
import type { Diagnosis, Status } from "../../sync"
import { details, explainStatus, reasons } from "./reasons"

const saved: Status = { kind: "saved", waiting: 0 }
const by = (more: Partial<Diagnosis>): Diagnosis => ({ code: null, transport: "websocket", since: 0, ...more })

describe("why am I not live", () => {
  it("says of each reason what happens and what it means for what one writes", () => {
    for (const { title, happens, means } of Object.values(reasons)) {
      for (const text of [title, happens, means]) expect(text.length).toBeGreaterThan(3)
    }
  })

  it("says that all is well on another way, for it is", () => {
    expect(explainStatus(saved, by({ transport: "sse", code: "upgrade_blocked" })).means).toMatch(/^Nothing is missing/)
    expect(explainStatus(saved, by({})).title).toBe("Live")
  })

  it("doesn't call anything well while edits aren't saved", () => {
    const unsaved: Status = { kind: "unsaved", waiting: 1 }
    expect(explainStatus(unsaved, by({ transport: "poll", code: "stream_buffered" })).title).toBe("Not saved yet")
    expect(explainStatus(unsaved, by({ code: "database_down" })).title).toContain("store")
  })

  it("gives an administrator what they need, on a line each", () => {
    const where = { address: "https://weft.test/d/1", browser: "Firefox", online: true, lastClose: "1006" }
    const text = details(saved, by({ transport: "sse", code: "upgrade_blocked" }), where, new Date(0))
    expect(text).toContain("Reason: upgrade_blocked\nTransport: sse\nSince: 1970-01-01T00:00:00.000Z\nLast close: 1006")
  })
})
