import * as Y from "yjs"
import { beforeEach, expect, it } from "vitest"
import { FRAME_BYTES, Outbox, WINDOW } from "./outbox"

let outbox: Outbox
let doc: Y.Doc

beforeEach(() => {
  outbox = new Outbox()
  doc = new Y.Doc()
})

function type(text: string): void {
  doc.once("update", (update: Uint8Array) => outbox.record(update))
  doc.getText("t").insert(doc.getText("t").length, text)
}

it("gives nothing to send before a SyncStep2 covered what was made without a connection", () => {
  type("a")
  type("b")
  expect(outbox.take(0)).toBeNull()
  outbox.coverAll(0)
  expect(outbox.take(0)).toBeNull()
  expect(outbox.waiting).toBe(2)
  outbox.acknowledge(1)
  expect(outbox.isEmpty).toBe(true)
})

it("waits for the ack of a SyncStep2 that covers no edit, too", () => {
  outbox.coverAll(0)
  expect(outbox).toMatchObject({ isEmpty: false, waiting: 0 })
})

it("counts an edit until the ack reaches the frame it went with", () => {
  outbox.coverAll(0)
  type("a")
  outbox.take(0)
  type("b")
  outbox.take(0)
  expect(outbox.waiting).toBe(2)
  outbox.acknowledge(1)
  expect(outbox.waiting).toBe(2)
  outbox.acknowledge(2)
  expect(outbox.waiting).toBe(1)
  outbox.acknowledge(2)
  expect(outbox.waiting).toBe(1)
  outbox.acknowledge(3)
  expect(outbox.isEmpty).toBe(true)
})

it("never takes an ack of one connection for frames of the next", () => {
  outbox.coverAll(0)
  type("a")
  outbox.take(0)
  outbox.loosen()
  expect(outbox.waiting).toBe(1)
  expect(() => outbox.acknowledge(1)).toThrow("an ack of 1 frames, but 0 were sent")
  outbox.coverAll(0)
  expect(outbox.waiting).toBe(1)
  outbox.acknowledge(1)
  expect(outbox.isEmpty).toBe(true)
})

it("refuses an ack of more frames than were sent", () => {
  outbox.coverAll(0)
  expect(() => outbox.acknowledge(2)).toThrow()
})

it("joins what is typed while much is under way into one frame", () => {
  outbox.coverAll(0)
  for (let n = 1; n < WINDOW; n++) {
    type("x")
    expect(outbox.take(0)).not.toBeNull()
  }
  for (const letter of "later") type(letter)
  expect(outbox.take(0)).toBeNull()
  outbox.acknowledge(WINDOW)
  const joined = outbox.take(0)!
  expect(outbox.take(0)).toBeNull()
  expect(outbox.waiting).toBe(5)

  const replica = new Y.Doc()
  Y.applyUpdate(replica, Y.encodeStateAsUpdate(doc))
  expect(Y.decodeUpdate(joined).structs).not.toHaveLength(0)
  outbox.acknowledge(WINDOW + 1)
  expect(outbox.isEmpty).toBe(true)
})

it("keeps joined frames small, and sends a large edit alone", () => {
  outbox.coverAll(0)
  for (let n = 1; n < WINDOW; n++) {
    type("x")
    outbox.take(0)
  }
  for (let n = 0; n < 5; n++) type("y".repeat(FRAME_BYTES / 2))
  type("z".repeat(FRAME_BYTES * 2))
  outbox.acknowledge(WINDOW)
  const sizes: number[] = []
  for (let update = outbox.take(0); update; update = outbox.take(0)) sizes.push(update.byteLength)
  expect(sizes).toHaveLength(6)
  expect(Math.max(...sizes.slice(0, -1))).toBeLessThan(FRAME_BYTES)
})

it("says when the oldest frame without an ack left", () => {
  expect(outbox.waitingSince).toBeNull()
  outbox.coverAll(100)
  type("a")
  outbox.take(200)
  expect(outbox.waitingSince).toBe(100)
  outbox.acknowledge(1)
  expect(outbox.waitingSince).toBe(200)
})
