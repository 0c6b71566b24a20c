import { readFileSync } from "node:fs"
import * as awarenessProtocol from "y-protocols/awareness"
import * as Y from "yjs"
import { describe, expect, it } from "vitest"
import {
  decode,
  encodeAwareness,
  encodePing,
  encodeQueryAwareness,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
} from "./protocol"

type Frame = { name: string; hex: string; payload?: string; [field: string]: unknown }

// Made by real Yjs and y-protocols; the server's codec is tested against the same bytes.
const frames = JSON.parse(
  readFileSync(new URL("../../../tests/vectors/frames.json", import.meta.url), "utf8"),
) as Frame[]
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"))
const hex = (frame: Uint8Array) => Buffer.from(frame).toString("hex")
const named = (name: string) => frames.filter((frame) => frame.name === name)

describe("decoding what a server sends", () => {
  it.each([
    ["sync_step1", "syncStep1", "stateVector"],
    ["sync_step2", "syncStep2", "update"],
    ["update", "update", "update"],
    ["awareness", "awareness", "payload"],
  ])("reads %s as y-protocols writes it", (name, kind, field) => {
    expect(named(name)).not.toHaveLength(0)
    for (const frame of named(name)) {
      expect(decode(bytes(frame.hex))).toEqual({ kind, [field]: bytes(frame.payload!) })
    }
  })

  it.each([
    ["auth_denied", (frame: Frame) => ({ kind: "denied", reason: frame.reason })],
    ["query_awareness", () => ({ kind: "queryAwareness" })],
    ["ack", (frame: Frame) => ({ kind: "ack", frames: frame.frames })],
    ["cursor", (frame: Frame) => ({ kind: "cursor", epoch: frame.epoch, seq: frame.seq })],
    ["notice", (frame: Frame) => ({ kind: "notice", notice: frame.notice })],
    ["pong", () => ({ kind: "pong" })],
  ])("reads %s", (name, expected) => {
    const [frame] = named(name)
    expect(decode(bytes(frame!.hex))).toEqual(expected(frame!))
  })

  it("leaves kinds alone that a newer server may know", () => {
    expect(decode(bytes("6301020304"))).toEqual({ kind: "unknown" })
    expect(decode(bytes("000900"))).toEqual({ kind: "unknown" })
    expect(decode(bytes("0201"))).toEqual({ kind: "unknown" })
  })

  it("throws at every known frame that is cut short or too long", () => {
    for (const frame of frames) {
      const whole = bytes(frame.hex)
      for (let end = 0; end < whole.length; end++) expect(() => decode(whole.subarray(0, end))).toThrow()
      expect(() => decode(new Uint8Array([...whole, 0]))).toThrow("bytes after the message")
    }
  })
})

it("encodes what clients send as y-protocols does", () => {
  const encoders = {
    sync_step1: encodeSyncStep1,
    sync_step2: encodeSyncStep2,
    update: encodeUpdate,
    awareness: encodeAwareness,
  }
  for (const [name, encode] of Object.entries(encoders)) {
    for (const frame of named(name)) expect(hex(encode(bytes(frame.payload!)))).toBe(frame.hex)
  }
  expect(hex(encodeQueryAwareness())).toBe(named("query_awareness")[0]!.hex)
  expect(hex(encodePing())).toBe(named("pong")[0]!.hex)
})

it("carries an update and an awareness state that Yjs reads", () => {
  const [update] = named("update")
  const [awareness] = named("awareness")
  const doc = new Y.Doc()
  const message = decode(bytes(update!.hex))
  if (message.kind === "update") Y.applyUpdate(doc, message.update)
  expect(doc.getText("title").toString()).toBe("Grüße 😀")

  const table = new awarenessProtocol.Awareness(doc)
  const told = decode(bytes(awareness!.hex))
  if (told.kind === "awareness") awarenessProtocol.applyAwarenessUpdate(table, told.payload, "test")
  expect(table.getStates().get(3912345678)).toMatchObject({ user: { name: "Ann 😀" } })
  table.destroy()
})
