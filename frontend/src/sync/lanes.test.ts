import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { type Lane, openLane } from "./lanes"
import { Origin, Window } from "./testing/world"

let locks: Origin

const settle = (ms = 100) => vi.advanceTimersByTimeAsync(ms)

function tab(): { lane: Lane; page: Window; changes: number; leave(): void } {
  const page = new Window()
  const lane = openLane(locks, page)
  const made = { lane, page, changes: 0, leave: () => undefined as void }
  made.leave = lane.enter(() => made.changes++)
  return made
}

beforeEach(() => {
  vi.useFakeTimers()
  locks = new Origin()
})

afterEach(() => {
  vi.useRealTimers()
})

it("gives three of them away, and the next when one is left", async () => {
  const tabs = [tab(), tab(), tab(), tab()]
  await settle()
  expect(tabs.map(({ lane }) => lane.free)).toEqual([true, true, true, false])
  tabs[1]!.leave()
  await settle(4000)
  expect(tabs[3]!.lane.free).toBe(true)
  expect(tabs[3]!.changes).toBe(1)
})

it("takes it from a hidden tab, and gives it one again when it is looked at", async () => {
  const tabs = [tab(), tab(), tab(), tab()]
  await settle()
  tabs[0]!.page.set(true)
  await settle(4000)
  expect(tabs.map(({ lane }) => lane.free)).toEqual([false, true, true, true])
  tabs[2]!.leave()
  tabs[0]!.page.set(false)
  await settle(4000)
  expect(tabs[0]!.lane.free).toBe(true)
})

it("is held once for all who use it in one document, until the last leaves", async () => {
  const ann = tab()
  await settle()
  const leave = ann.lane.enter(() => undefined)
  await settle()
  expect(locks.held.size).toBe(1)
  ann.leave()
  await settle()
  expect(ann.lane.free).toBe(true)
  leave()
  await settle()
  expect(locks.held.size).toBe(0)
})

it("is free without locks, while the page is looked at", () => {
  const page = new Window()
  const lane = openLane(null, page)
  lane.enter(() => undefined)
  expect(lane.free).toBe(true)
  page.set(true)
  expect(lane.free).toBe(false)
})
