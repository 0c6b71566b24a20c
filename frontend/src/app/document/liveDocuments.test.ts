import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { discard, hold, letGo } from "./liveDocuments"
import { unsavedEdits } from "./unsaved"

/** A network that never answers: edits stay unacknowledged for ever. */
class SilentSocket {
  static readonly OPEN = 1
  readyState = 0
  close(): void {}
  send(): void {}
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal("WebSocket", SilentSocket)
})
afterEach(() => {
  discard("plan")
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const LONG = 5_000

describe("an open document", () => {
  it("is the same for all who hold it", () => {
    expect(hold("plan").doc).toBe(hold("plan").doc)
  })

  it("is found again by who comes straight back", () => {
    const { doc } = hold("plan")
    letGo("plan")
    expect(hold("plan").doc).toBe(doc)
    vi.advanceTimersByTime(LONG)
    expect(hold("plan").doc).toBe(doc)
  })

  it("is closed after the last one left with everything saved", () => {
    const { doc } = hold("plan")
    letGo("plan")
    vi.advanceTimersByTime(LONG)
    expect(hold("plan").doc).not.toBe(doc)
  })

  it("stays behind the scenes while an edit isn't acknowledged, and says so to who wants to leave", () => {
    const { doc } = hold("plan")
    doc.getText("title").insert(0, "P")
    letGo("plan")
    vi.advanceTimersByTime(LONG)
    expect(unsavedEdits()).toBe(1)
    expect(hold("plan").doc).toBe(doc)
  })

  it("takes our presence along when we leave, and brings it back with us", () => {
    const { awareness } = hold("plan")
    letGo("plan")
    expect(awareness.getLocalState()).toBeNull()
    hold("plan")
    expect(awareness.getLocalState()).toEqual({})
  })

  it("given up leaves nothing to ask about", () => {
    hold("plan").doc.getText("title").insert(0, "P")
    discard("plan")
    expect(unsavedEdits()).toBe(0)
  })
})
