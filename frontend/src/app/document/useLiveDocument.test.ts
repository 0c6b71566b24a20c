import { act, cleanup, renderHook } from "@testing-library/react"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { Status } from "../../sync"
import { useSettled } from "./useLiveDocument"

const saved: Status = { kind: "saved", waiting: 0 }
const saving: Status = { kind: "saving", waiting: 1 }
const offline: Status = { kind: "offline", waiting: 1, retryAt: null }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const shown = () => {
  const hook = renderHook(({ status }) => useSettled(status), { initialProps: { status: saved as Status } })
  return { becomes: (status: Status) => hook.rerender({ status }), says: () => hook.result.current.kind }
}
const wait = (ms: number) => act(() => vi.advanceTimersByTime(ms))

describe("the settled status", () => {
  it("is never saved while something is unacknowledged", () => {
    const status = shown()
    status.becomes(saving)
    expect(status.says()).toBe("saving")
  })

  it("does not flicker between two keystrokes", () => {
    const status = shown()
    for (let key = 0; key < 5; key += 1) {
      status.becomes(saving)
      wait(50)
      status.becomes(saved)
      wait(50)
      expect(status.says()).toBe("saving")
    }
    wait(1000)
    expect(status.says()).toBe("saved")
  })

  it("tells of trouble at once", () => {
    const status = shown()
    status.becomes(saving)
    status.becomes(offline)
    expect(status.says()).toBe("offline")
  })
})
