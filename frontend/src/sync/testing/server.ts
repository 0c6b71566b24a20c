import * as encoding from "lib0/encoding"
import * as Y from "yjs"
import type { Random } from "../backoff"
import { decode, encodeAwareness, encodePing, encodeSyncStep1, encodeSyncStep2, encodeUpdate } from "../protocol"
import type { OpenTransport, Transport, TransportEvents } from "../transport"

/**
 * A small model of the server, in memory: real Yjs for the log, frames that take time, commits that take longer, and
 * connections that break with frames under way. Time is Vitest's fake one.
 */
export class FakeServer {
  /** What the database has. */
  readonly committed = new Y.Doc()
  readonly lines = new Set<Line>()
  /** Every client frame that arrived, decoded. */
  readonly heard: string[] = []
  mayEdit = true
  reachable = true
  databaseDown = false
  acknowledges = true
  answersPings = true
  commitTime = 2
  refuse: { code: number; reason: string } | null = null
  #waiting: Write[] = []
  #committing = false

  constructor(
    readonly random: Random = () => 0.5,
    readonly latency = 10,
  ) {}

  /** What the provider of one client opens its connections with. */
  readonly open: OpenTransport = (events) => new Line(this, events)

  join(line: Line): void {
    if (this.refuse) {
      line.end(this.refuse.code, this.refuse.reason)
      return
    }
    const user = { id: 7, name: "Ann", color: "#30bced" }
    line.say(notice({ kind: "welcome", user, may_edit: this.mayEdit, epoch: 1, heartbeat: 15 }))
    line.say(encodeSyncStep1(Y.encodeStateVector(this.committed)))
    if (this.databaseDown) line.say(notice({ kind: "unsaved" }))
  }

  hear(line: Line, frame: Uint8Array): void {
    const message = decode(frame)
    this.heard.push(message.kind)
    switch (message.kind) {
      case "syncStep1":
        line.say(encodeSyncStep2(Y.encodeStateAsUpdate(this.committed, message.stateVector)))
        line.say(cursor(1, 1))
        break
      case "syncStep2":
      case "update":
        line.received++
        if (this.mayEdit) this.#waiting.push({ line, number: line.received, update: message.update })
        else line.say(denied("read-only"))
        this.#commitSoon()
        break
      case "awareness":
        for (const other of this.lines) if (other !== line) other.say(encodeAwareness(message.payload))
        break
      case "pong":
        if (this.answersPings) line.say(encodePing())
        break
    }
  }

  /** The process dies: what wasn't committed is gone, connections break. */
  crash(): void {
    this.#waiting = []
    this.closeAll(1006, "")
  }

  closeAll(code: number, reason = ""): void {
    for (const line of [...this.lines]) line.end(code, reason)
  }

  setDatabase(up: boolean): void {
    this.databaseDown = !up
    for (const line of this.lines) line.say(notice({ kind: up ? "saved" : "unsaved" }))
    this.#commitSoon()
  }

  #commitSoon(): void {
    if (this.#committing || this.databaseDown || this.#waiting.length === 0) return
    this.#committing = true
    setTimeout(() => {
      this.#committing = false
      if (this.databaseDown) return
      for (const { line, number, update } of this.#waiting.splice(0)) {
        Y.applyUpdate(this.committed, update)
        if (this.acknowledges) line.say(ack(number))
        for (const other of this.lines) if (other !== line) other.say(encodeUpdate(update))
      }
    }, this.commitTime)
  }
}

type Write = { line: Line; number: number; update: Uint8Array }

/** One connection: frames keep their order each way, but need time. */
class Line implements Transport {
  received = 0
  #toServer = 0
  #toClient = 0
  #open = true

  constructor(
    private readonly server: FakeServer,
    private readonly events: TransportEvents,
  ) {
    setTimeout(() => {
      if (!this.#open) return
      if (!server.reachable) {
        this.end(1006, "")
        return
      }
      server.lines.add(this)
      events.onOpen()
      server.join(this)
    }, server.latency)
  }

  /** Client to server. What left before a break may still arrive after it. */
  send(frame: Uint8Array): void {
    if (!this.#open) return
    this.#toServer = this.#arrival(this.#toServer)
    setTimeout(() => {
      if (this.#open || this.server.random() < 0.5) this.server.hear(this, frame)
    }, this.#toServer - Date.now())
  }

  /** Server to client. */
  say(frame: Uint8Array): void {
    this.#toClient = this.#arrival(this.#toClient)
    setTimeout(() => {
      if (this.#open) this.events.onFrame(frame)
    }, this.#toClient - Date.now())
  }

  close(): void {
    this.#open = false
    this.server.lines.delete(this)
  }

  /** The server, or the network, ends it. */
  end(code: number, reason: string): void {
    if (!this.#open) return
    this.close()
    this.events.onClose(code, reason)
  }

  #arrival(after: number): number {
    return Math.max(after, Date.now() + this.server.latency * (0.5 + this.server.random()))
  }
}

const written = (write: (encoder: encoding.Encoder) => void) => {
  const encoder = encoding.createEncoder()
  write(encoder)
  return encoding.toUint8Array(encoder)
}

const ack = (frames: number) =>
  written((encoder) => {
    encoding.writeVarUint(encoder, 4)
    encoding.writeVarUint(encoder, frames)
  })

const cursor = (epoch: number, seq: number) =>
  written((encoder) => {
    encoding.writeVarUint(encoder, 5)
    encoding.writeVarUint(encoder, epoch)
    encoding.writeVarUint(encoder, seq)
  })

const notice = (value: object) =>
  written((encoder) => {
    encoding.writeVarUint(encoder, 6)
    encoding.writeVarString(encoder, JSON.stringify(value))
  })

const denied = (reason: string) =>
  written((encoder) => {
    encoding.writeVarUint(encoder, 2)
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarString(encoder, reason)
  })
