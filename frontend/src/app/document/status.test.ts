import { describe, expect, it } from "vitest"
import type { Status } from "../../sync"
import { describeEnd, describeStatus } from "./status"

const text = (status: Status) => describeStatus(status).text
const about = (status: Status, kept: boolean) => describeStatus(status, kept).about

describe("the status line", () => {
  it("says saved only when all is committed", () => {
    const all: Status[] = [
      { kind: "connecting", waiting: 1 },
      { kind: "saving", waiting: 1 },
      { kind: "offline", waiting: 1, retryAt: null },
      { kind: "unsaved", waiting: 1 },
      { kind: "ended", waiting: 1, reason: "gone" },
    ]
    expect(text({ kind: "saved", waiting: 0 })).toBe("Saved")
    expect(all.map(text)).not.toContain("Saved")
  })

  it("counts what waits for the network", () => {
    expect(text({ kind: "offline", waiting: 3, retryAt: null })).toBe("Offline, 3 edits waiting")
    expect(text({ kind: "offline", waiting: 1, retryAt: 1 })).toBe("Offline, 1 edit waiting")
    expect(text({ kind: "offline", waiting: 0, retryAt: null })).toBe("Offline")
  })

  it("says that edits are not saved while the server can't store them", () => {
    expect(describeStatus({ kind: "unsaved", waiting: 2 })).toMatchObject({ text: "Not saved, retrying", tone: "danger" })
  })

  it("says where edits are that wait: in the browser, or in this tab alone", () => {
    const offline: Status = { kind: "offline", waiting: 3, retryAt: null }
    expect(about(offline, true)).toContain("kept in this browser")
    expect(about(offline, false)).toContain("only in this tab")
    expect(about({ kind: "ended", waiting: 2, reason: "gone" }, true)).toContain("only in this browser")
    expect(about({ kind: "ended", waiting: 2, reason: "gone" }, false)).toContain("only in this tab")
    expect(about({ kind: "unsaved", waiting: 2 }, false)).toContain("Keep this tab open")
  })

  it("names the edits that an ended connection left behind", () => {
    expect(text({ kind: "ended", waiting: 2, reason: "forbidden" })).toBe("2 edits not saved")
    expect(text({ kind: "ended", waiting: 0, reason: "forbidden" })).toBe("Not connected")
  })
})

describe("the notice at the end", () => {
  it("asks who is signed out to sign in, for the sake of what waits", () => {
    expect(describeEnd("signed-out", 2).message).toBe("Sign in again to save 2 edits that wait in this tab.")
    expect(describeEnd("signed-out", 0).message).toBe("Sign in again to go on.")
  })

  it("asks who has an old page to reload it, and promises no more than is true", () => {
    expect(describeEnd("out-of-date", 2, true).message).toBe("Reload it to go on. What you wrote is kept.")
    expect(describeEnd("out-of-date", 2, false).message).toContain("Copy what you need")
    expect(describeEnd("out-of-date", 2, false).message).toContain("only in this tab")
  })

  it("owns up to edits that can't be saved any more", () => {
    for (const reason of ["forbidden", "gone", "too-large"] as const) {
      expect(describeEnd(reason, 1).message).toContain("1 edit could not be saved and is only in this tab.")
      expect(describeEnd(reason, 0).message).not.toContain("saved")
    }
  })
})
