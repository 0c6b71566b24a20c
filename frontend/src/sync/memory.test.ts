import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { memoryOf, type Store } from "./memory"

const entries = new Map<string, string>()
const store: Store = {
  getItem: (key) => entries.get(key) ?? null,
  setItem: (key, value) => void entries.set(key, value),
  removeItem: (key) => void entries.delete(key),
}
const blocked = { kind: "sse" as const, obstacles: { websocket: "upgrade_blocked" as const } }

beforeEach(() => {
  vi.useFakeTimers()
  entries.clear()
})

afterEach(() => {
  vi.useRealTimers()
})

it("recalls what worked at this origin, and at no other", () => {
  memoryOf(store, "https://one.test").keep(blocked)
  expect(memoryOf(store, "https://one.test").recall()).toEqual(blocked)
  expect(memoryOf(store, "https://two.test").recall()).toBeNull()
})

it("forgets within the hour, for people carry their laptops around", () => {
  const memory = memoryOf(store, "https://one.test")
  memory.keep(blocked)
  vi.advanceTimersByTime(29 * 60_000)
  expect(memory.recall()).not.toBeNull()
  vi.advanceTimersByTime(2 * 60_000)
  expect(memory.recall()).toBeNull()
})

it("forgets when the best works", () => {
  const memory = memoryOf(store, "https://one.test")
  memory.keep(blocked)
  memory.keep(null)
  expect(entries.size).toBe(0)
})

it("does without a store, with one that throws, and with one that holds nonsense", () => {
  const throws = () => {
    throw new DOMException("denied", "SecurityError")
  }
  for (const odd of [null, { getItem: throws, setItem: throws, removeItem: throws }, { ...store, getItem: () => '{"kind":"pigeon","until":9e15}' }, { ...store, getItem: () => "{" }]) {
    const memory = memoryOf(odd, "https://one.test")
    memory.keep(blocked)
    memory.keep(null)
    expect(memory.recall()).toBeNull()
  }
})
