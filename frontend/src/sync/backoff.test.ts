import { expect, it } from "vitest"
import { delayBefore } from "./backoff"
import { seeded } from "./testing/random"

const CODES = [1000, 1006, 1012, 1013, 4500, 4503]

it("stays within its bounds for every number of failures, code and draw", () => {
  const random = seeded(1)
  for (let failures = 0; failures < 2000; failures++) {
    for (const code of CODES) {
      const delay = delayBefore(failures, code, random)
      expect(delay).toBeGreaterThanOrEqual(50)
      expect(delay).toBeLessThan(15_000)
    }
  }
})

it("comes back within 0.3 s after the first failure", () => {
  expect(delayBefore(0, 1006, () => 0.999)).toBeLessThan(300)
})

it("doubles its limit with every failure in a row, up to 15 s", () => {
  const limits = [0, 1, 2, 3, 4, 5, 6, 7].map((failures) => Math.round(delayBefore(failures, 1006, () => 1)))
  expect(limits).toEqual([300, 600, 1200, 2400, 4800, 9600, 15_000, 15_000])
})

it("draws from all of the span, so that clients that failed together return apart", () => {
  const random = seeded(2)
  const draws = Array.from({ length: 1000 }, () => delayBefore(4, 1006, random)).sort((a, b) => a - b)
  expect(draws[100]).toBeLessThan(700)
  expect(draws[900]).toBeGreaterThan(4000)
})

it("spreads the return to a restarting server over 5 s, and spares an overloaded one", () => {
  expect(delayBefore(0, 1012, () => 1)).toBe(5000)
  expect(delayBefore(0, 1013, () => 1)).toBe(2000)
})
