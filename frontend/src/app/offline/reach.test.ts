import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { isOffline, serverAnswered, serverUnreachable, streamBroke } from "./reach"

let healthy = false

beforeEach(() => {
  healthy = false
  vi.useFakeTimers()
  vi.stubGlobal("fetch", () => (healthy ? Promise.resolve(new Response("ok")) : Promise.reject(new TypeError("no network"))))
})
afterEach(() => {
  serverAnswered()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it("believes a request that had no answer, and one that had, at once", () => {
  serverUnreachable()
  expect(isOffline()).toBe(true)
  serverAnswered()
  expect(isOffline()).toBe(false)
})

it("gives a broken stream a moment, for a server that only restarts", () => {
  streamBroke()
  vi.advanceTimersByTime(1_000)
  serverAnswered()
  vi.advanceTimersByTime(10_000)
  expect(isOffline()).toBe(false)
})

it("is offline when the stream doesn't come back", () => {
  streamBroke()
  vi.advanceTimersByTime(1_500)
  // Tried again, in vain: the moment doesn't begin anew.
  streamBroke()
  vi.advanceTimersByTime(1_000)
  expect(isOffline()).toBe(true)
})

it("asks again by itself, for the stream may not have noticed anything", async () => {
  serverUnreachable()
  await vi.advanceTimersByTimeAsync(30_000)
  expect(isOffline()).toBe(true)
  healthy = true
  await vi.advanceTimersByTimeAsync(10_000)
  expect(isOffline()).toBe(false)
})
