import { describe, expect, it } from "vitest"
import type { Status } from "../../sync"
import { describeEnd, describeStatus } from "./status"

const text = (status: Status) => describeStatus(status).text

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

  it("owns up to edits that can't be saved any more", () => {
    for (const reason of ["forbidden", "gone", "too-large"] as const) {
      expect(describeEnd(reason, 1).message).toContain("1 edit could not be saved and is only in this tab.")
      expect(describeEnd(reason, 0).message).not.toContain("saved")
    }
  })
})
