import { expect, test } from "vitest"
import { bytesText, describeSize } from "./size"

test.each([
  [999, "999 bytes"],
  [1_500, "1.5 kB"],
  [52_345_678, "52 MB"],
  [9_960_000, "10 MB"],
  [3_000_000_000, "3 GB"],
])("%i bytes read as %s", (bytes, text) => expect(bytesText(bytes)).toBe(text))

test("a large document says how much room there is", () => {
  const { message } = describeSize({ kind: "size", state: "large", bytes: 52_000_000, limit: 100_000_000 }, 0, true)
  expect(message).toContain("52 MB of the 100 MB")
})

test("a full one says what became of edits that found no place", () => {
  const full = { kind: "size", state: "full", bytes: 100_000_000, limit: 100_000_000 } as const
  expect(describeSize(full, 1, true).message).toContain("1 edit found no place and is only in this browser")
  expect(describeSize(full, 3, false).message).toContain("3 edits found no place and are only in this tab")
  expect(describeSize(full, 0, true).message).not.toContain("found no place")
})
