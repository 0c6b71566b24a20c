import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { EventStream, type UserEvent } from "./events"
import { alwaysOnline } from "./network"
import type { TransportEvents } from "./transport"

let lines: TransportEvents<string>[]
let stream: EventStream
let events: UserEvent[]

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  events = []
  stream = new EventStream({
    url: "https://weft.test",
    transport: (line) => {
      lines.push(line)
      return { send: () => undefined, close: () => undefined }
    },
    network: alwaysOnline,
    random: () => 0.5,
  })
  stream.subscribe((event) => events.push(event))
})

afterEach(() => {
  stream.close()
  vi.useRealTimers()
})

const say = (event: object) => lines.at(-1)!.onFrame(JSON.stringify(event))

it("passes events on, but no pings and nothing it doesn't know", () => {
  lines[0]!.onOpen()
  say({ kind: "hello" })
  say({ kind: "ping" })
  say({ kind: "fireworks" })
  say({ kind: "documents", workspace: "w", documents: ["d"], change: "renamed" })
  expect(events).toEqual([{ kind: "hello" }, { kind: "documents", workspace: "w", documents: ["d"], change: "renamed" }])
})

it("connects again after a break, so that another hello tells of the gap", async () => {
  lines[0]!.onOpen()
  say({ kind: "hello" })
  lines[0]!.onClose(1006, "")
  await vi.advanceTimersByTimeAsync(1000)
  expect(lines).toHaveLength(2)
  lines[1]!.onOpen()
  say({ kind: "hello" })
  expect(events).toEqual([{ kind: "hello" }, { kind: "hello" }])
})

it("hears nothing of a transport that it gave up", async () => {
  lines[0]!.onOpen()
  say({ kind: "ping" })
  await vi.advanceTimersByTimeAsync(31_000)
  await vi.advanceTimersByTimeAsync(1000)
  expect(lines).toHaveLength(2)
  lines[0]!.onFrame(JSON.stringify({ kind: "hello" }))
  lines[0]!.onClose(1006, "")
  expect(events).toEqual([])
  expect(lines).toHaveLength(2)
})

it("says when the person was signed out, and stops", async () => {
  lines[0]!.onOpen()
  lines[0]!.onClose(4401, "signed out")
  await vi.advanceTimersByTimeAsync(60_000)
  expect(events).toEqual([{ kind: "signed-out" }])
  expect(lines).toHaveLength(1)
  stream.reconnect()
  expect(lines).toHaveLength(2)
})
