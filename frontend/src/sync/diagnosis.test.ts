import { describe, expect, it } from "vitest"
import { diagnose, type View } from "./diagnosis"

const live: View = {
  state: { kind: "open", switching: false },
  transport: "websocket",
  obstacle: null,
  lastClose: null,
  told: true,
  databaseDown: false,
  online: true,
}
const away: View = { ...live, told: false, state: { kind: "waiting", retryAt: 0 } }
const code = (view: View) => diagnose(view).code

describe("the reason", () => {
  it("is none while all is well, or it is too early to say", () => {
    expect(diagnose(live)).toEqual({ code: null, transport: "websocket" })
    expect(diagnose({ ...away, state: { kind: "connecting", switching: false } })).toEqual({ code: null, transport: null })
  })

  it("is what stands above the transport in use", () => {
    expect(diagnose({ ...live, transport: "sse", obstacle: "upgrade_blocked" })).toEqual({ code: "upgrade_blocked", transport: "sse" })
  })

  it("is the database first, for that one keeps edits from being saved", () => {
    expect(code({ ...live, transport: "sse", obstacle: "upgrade_blocked", databaseDown: true })).toBe("database_down")
  })

  it("is the network's, if the browser knows of none", () => {
    expect(code({ ...away, online: false, lastClose: { code: 1012, reason: "" } })).toBe("offline")
  })

  it.each([
    [1006, "server_unreachable"],
    [1011, "server_error"],
    [1012, "restarting"],
    [1013, "overloaded"],
    [4500, "server_error"],
  ])("is told by the code that the last connection closed with: %i, %s", (closed, reason) => {
    expect(code({ ...away, lastClose: { code: closed, reason: "" } })).toBe(reason)
  })

  it.each([
    [4401, "signed_out"],
    [4403, "no_right"],
    [4404, "gone"],
    [4413, "too_large"],
    [4426, "out_of_date"],
  ])("is what ended it: %i, %s", (closed, reason) => {
    expect(diagnose({ ...away, state: { kind: "ended", code: closed, reason: "" } })).toEqual({ code: reason, transport: null })
  })

  it("is the obstacle on the way to another rung", () => {
    expect(code({ ...away, state: { kind: "connecting", switching: true }, obstacle: "frames_swallowed", lastClose: { code: 4901, reason: "" } })).toBe(
      "frames_swallowed",
    )
  })
})
