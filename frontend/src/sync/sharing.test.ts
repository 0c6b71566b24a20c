import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { EventStream, type UserEvent } from "./events"
import { alwaysOnline } from "./network"
import type { Channel, Sharing } from "./sharing"
import { Origin } from "./testing/world"
import type { TransportEvents } from "./transport"

/** The channels of one browser. */
class Air {
  readonly #channels = new Set<Channel>()

  open(): Channel {
    const channel: Channel = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of this.#channels) if (other !== channel) queueMicrotask(() => other.onmessage?.({ data } as MessageEvent))
      },
      close: () => this.#channels.delete(channel),
    }
    this.#channels.add(channel)
    return channel
  }
}

let lines: TransportEvents<string>[]
let sharing: Sharing
const streams: EventStream[] = []

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms)
const say = (event: object) => lines.at(-1)!.onFrame(JSON.stringify(event))

function tab(): { events: UserEvent[]; stream: EventStream; close(): void } {
  const stream = new EventStream({
    url: "https://weft.test",
    sharing,
    transport: (line) => {
      lines.push(line)
      queueMicrotask(() => line.onOpen())
      return { send: () => undefined, close: () => undefined }
    },
    network: alwaysOnline,
    random: () => 0.5,
  })
  const events: UserEvent[] = []
  stream.subscribe((event) => events.push(event))
  streams.push(stream)
  return { events, stream, close: () => stream.close() }
}

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  const air = new Air()
  sharing = { locks: new Origin(), name: "events", openChannel: () => air.open() }
})

afterEach(() => {
  for (const stream of streams.splice(0)) stream.close()
  vi.useRealTimers()
})

it("holds one stream for all tabs, and each hears what it brings", async () => {
  const [ann, ben] = [tab(), tab()]
  await settle()
  expect(lines).toHaveLength(1)
  say({ kind: "hello" })
  say({ kind: "favourites" })
  await settle()
  expect(ann.events).toEqual([{ kind: "hello" }, { kind: "favourites" }])
  // The first is its own: the stream was there before it.
  expect(ben.events).toEqual([{ kind: "hello" }, { kind: "hello" }, { kind: "favourites" }])
})

it("passes on to the next tab when the one that holds it closes, with a hello for what was missed", async () => {
  const [ann, ben, cleo] = [tab(), tab(), tab()]
  await settle()
  say({ kind: "hello" })
  ann.close()
  await settle()
  expect(lines).toHaveLength(2)
  ben.events.length = cleo.events.length = 0
  say({ kind: "hello" })
  await settle()
  expect(ben.events).toEqual([{ kind: "hello" }])
  expect(cleo.events).toEqual([{ kind: "hello" }])
})

it("tells all of them when the person is signed out, and any of them can begin again", async () => {
  const [ann, ben] = [tab(), tab()]
  await settle()
  say({ kind: "hello" })
  lines[0]!.onClose(4401, "signed out")
  await settle()
  expect(ann.events.at(-1)).toEqual({ kind: "signed-out" })
  expect(ben.events.at(-1)).toEqual({ kind: "signed-out" })
  await settle(60_000)
  expect(lines).toHaveLength(1)
  ben.stream.reconnect()
  await settle()
  expect(lines).toHaveLength(2)
})

it("begins again for a tab that opens where another had given up", async () => {
  tab()
  await settle()
  say({ kind: "hello" })
  lines[0]!.onClose(4401, "signed out")
  await settle(60_000)
  tab()
  await settle()
  expect(lines).toHaveLength(2)
})
