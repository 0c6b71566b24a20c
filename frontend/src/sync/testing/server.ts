import * as Y from "yjs"
import type { Random } from "../backoff"
import {
  decode,
  encodeAck,
  encodeAwareness,
  encodeCursor,
  encodeDenied,
  encodeNotice,
  encodePing,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
  type SizeNotice,
} from "../protocol"
import type { OpenTransport, Transport, TransportEvents } from "../transport"

/**
 * A small model of the server, in memory: real Yjs for the log, frames that take time, commits that take longer, and
 * connections that break with frames under way. Time is Vitest's fake one.
 */
export class FakeServer {
  /** What the database has. */
  readonly committed = new Y.Doc()
  readonly lines = new Set<Line>()
  /** In the order of their commits: the seq of an update is its place, counted from 1. */
  readonly log: Uint8Array[] = []
  readonly followers = new Set<Follower>()
  /** Every client frame that arrived, decoded. */
  readonly heard: string[] = []
  mayEdit = true
  size: SizeNotice | null = null
  reachable = true
  databaseDown = false
  acknowledges = true
  answersPings = true
  commitTime = 2
  refuse: { code: number; reason: string } | null = null
  /** What a proxy makes of WebSockets. */
  sockets: "open" | "refused" | "swallowed" | "hanging" = "open"
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
    line.say(encodeNotice({ kind: "welcome", user, may_edit: this.mayEdit, epoch: 1, heartbeat: 15 }))
    if (this.size) line.say(encodeNotice(this.size))
    line.say(encodeSyncStep1(Y.encodeStateVector(this.committed)))
    if (this.databaseDown) line.say(encodeNotice({ kind: "unsaved" }))
  }

  hear(line: Line, frame: Uint8Array): void {
    const message = decode(frame)
    this.heard.push(message.kind)
    switch (message.kind) {
      case "syncStep1":
        line.say(encodeSyncStep2(Y.encodeStateAsUpdate(this.committed, message.stateVector)))
        line.say(encodeCursor(1, Math.max(1, this.log.length)))
        break
      case "syncStep2":
      case "update":
        line.received++
        this.#receive(line, message.update, line.received)
        break
      case "awareness":
        this.present(message.payload, line)
        break
      case "pong":
        if (this.answersPings) line.say(encodePing())
        break
    }
  }

  #receive(line: Line, update: Uint8Array, number: number): void {
    if (!this.mayEdit || this.size?.state === "full") {
      line.say(encodeDenied("read-only"))
      return
    }
    this.write({ from: line, update, done: () => this.acknowledges && line.say(encodeAck(number)), lost: () => undefined })
  }

  write(write: Write): void {
    this.#waiting.push(write)
    this.#commitSoon()
  }

  present(payload: Uint8Array, from: object): void {
    for (const line of this.lines) if (line !== from) line.say(encodeAwareness(payload))
    for (const follower of this.followers) follower.onAwareness(payload, from)
  }

  /** Everybody's connection through a proxy that doesn't let WebSockets pass any more, or does again. */
  setSockets(sockets: FakeServer["sockets"]): void {
    this.sockets = sockets
    if (sockets !== "open") this.closeAll(1006)
  }

  /** The process dies: what wasn't committed is gone, connections break. */
  crash(): void {
    for (const { lost } of this.#waiting.splice(0)) lost()
    for (const follower of [...this.followers]) follower.onCrash()
    this.closeAll(1006, "")
  }

  closeAll(code: number, reason = ""): void {
    for (const line of [...this.lines]) line.end(code, reason)
  }

  setDatabase(up: boolean): void {
    this.databaseDown = !up
    for (const line of this.lines) line.say(encodeNotice({ kind: up ? "saved" : "unsaved" }))
    for (const follower of this.followers) follower.onDatabase(up)
    this.#commitSoon()
  }

  #commitSoon(): void {
    if (this.#committing || this.databaseDown || this.#waiting.length === 0) return
    this.#committing = true
    setTimeout(() => {
      this.#committing = false
      if (this.databaseDown) return
      for (const { from, update, done } of this.#waiting.splice(0)) {
        Y.applyUpdate(this.committed, update)
        this.log.push(update)
        done()
        for (const line of this.lines) if (line !== from) line.say(encodeUpdate(update))
        for (const follower of this.followers) follower.onCommit()
      }
    }, this.commitTime)
  }
}

export interface Write {
  from: object
  update: Uint8Array
  done(): void
  lost(): void
}

/** Who serves others than sockets: see FakeHttp. */
export interface Follower {
  onCommit(): void
  onAwareness(payload: Uint8Array, from: object): void
  onDatabase(up: boolean): void
  onCrash(): void
}

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
      if (server.sockets === "hanging") return
      if (!server.reachable || server.sockets === "refused") {
        this.end(1006, "")
        return
      }
      events.onOpen()
      if (server.sockets === "swallowed") return
      server.lines.add(this)
      server.join(this)
    }, server.latency)
  }

  /** Client to server. What left before a break may still arrive after it. */
  send(frame: Uint8Array): void {
    if (!this.#open || this.server.sockets === "swallowed") return
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
