import { act, cleanup, renderHook } from "@testing-library/react"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { Status } from "../../sync"
import { useSettledStatus } from "./settled"

const saved: Status = { kind: "saved", waiting: 0 }
const saving: Status = { kind: "saving", waiting: 1 }
const offline: Status = { kind: "offline", waiting: 1, retryAt: null }

class Provider {
  status: Status = saved
  #listeners = new Set<() => void>()
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  becomes(status: Status): void {
    this.status = status
    for (const listener of this.#listeners) listener()
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const shown = () => {
  const provider = new Provider()
  const hook = renderHook(() => useSettledStatus(provider))
  return { becomes: (status: Status) => act(() => provider.becomes(status)), says: () => hook.result.current.kind }
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

  it("bears a flood of keystrokes that React gets no time between", () => {
    const provider = new Provider()
    const hook = renderHook(() => useSettledStatus(provider))
    for (let key = 0; key < 500; key += 1) {
      provider.becomes(saving)
      provider.becomes(saved)
    }
    wait(1000)
    expect(hook.result.current.kind).toBe("saved")
  })
})
