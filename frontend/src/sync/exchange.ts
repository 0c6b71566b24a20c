import type { Random } from "./backoff"
import { type Ask, fromBase64, Problem, problemOf, query, type Requests } from "./http"
import type { Lane } from "./lanes"
import type { Page } from "./page"
import { LONG, type Pace, PATIENCE, Poll } from "./polling"
import {
  decode,
  encodeAck,
  encodeAwareness,
  encodeCursor,
  encodeDenied,
  encodeNotice,
  encodePing,
  encodeQueryAwareness,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
  type Identity,
  type Notice,
  type SizeNotice,
  withdrawn,
} from "./protocol"
import { Pushes } from "./pushes"
import { type ServerSentEvent, Stream } from "./sse"
import { ABNORMAL, type OpenTransport, type Transport, type TransportEvents } from "./transport"

export interface ExchangeOptions {
  requests: Requests
  documentId: string
  /** Whose presence it carries. */
  client: number
  /** How it hears of what others do. */
  hears: "stream" | "poll"
  lane: Lane
  page: Page
  random: Random
  /** Why we weren't live until now, for the server's counters. */
  reason: () => string | null
}

type SyncAnswer = {
  cursor: string
  state_vector: string
  update: string
  awareness: string
  awareness_tag: string
  user: Identity
  may_edit: boolean
  heartbeat: number
  unsaved: boolean
  /** Older servers don't say. */
  size?: SizeNotice
}

type PollAnswer = { cursor: string; updates: string[]; awareness?: string; awareness_tag: string; unsaved: boolean }

type Receiver = { close(): void; probe(): void }

const SYNC_WITHIN = 20_000
const RECEIVING_EVERY = 1_000
/** The server keeps a push for 20 s at most while its database is away. */
const PUSH_WITHIN = 30_000
const AWARENESS_WITHIN = 10_000
const BRIEF: Pace = { wait: 0, pause: 1_000 }
const HIDDEN: Pace = { wait: 0, pause: 4_000 }
/** More histories than that don't come and go within one connection. */
const RESYNCS = 3
const FOR_GOOD = 1000
const RIGHTS_CHANGED = 4503

/** The frames of `weft.1`, carried by requests: as if a socket stood behind it. */
export const exchange =
  (options: ExchangeOptions): OpenTransport =>
  (events, { trial }) =>
    new Exchange(events, options, trial)

class Exchange implements Transport {
  #open = false
  #done = false
  /** Frames of a trial, until the stream has shown that it gets through. */
  #held: Uint8Array[] | null
  #stateVector: Uint8Array = new Uint8Array()
  #cursor = ""
  #tag: string | null = null
  #mayEdit = true
  #unsaved = false
  #resyncs = 0
  #receivingSince = Date.now()
  #sent = 0
  #presence: Uint8Array | null = null
  #lastPresence: Uint8Array | null = null
  #telling = false
  #receiver: Receiver | null = null
  readonly #abort = new AbortController()
  readonly #pushes: Pushes
  readonly #leaveLane: () => void
  readonly #unwatch: () => void

  constructor(
    private readonly events: TransportEvents,
    private readonly options: ExchangeOptions,
    private readonly trial: boolean,
  ) {
    this.#held = trial && options.hears === "stream" ? [] : null
    this.#pushes = new Pushes({
      push: async (update, key, keepalive) => {
        const headers = { "Idempotency-Key": key }
        await this.#post("/push", update, { headers, within: PUSH_WITHIN, keepalive })
      },
      onCommitted: (frame) => this.#emit(encodeAck(frame)),
      // As a socket is told, and closed: the next welcome says what holds.
      onRefused: (reason) => {
        this.#emit(encodeDenied(reason))
        this.#end(new Problem(RIGHTS_CHANGED, "rights_changed", reason))
      },
      onEnd: (problem) => this.#end(problem),
      random: options.random,
    })
    this.#leaveLane = options.lane.enter(() => this.#receiver && this.#receive())
    this.#unwatch = options.page.subscribe(() => options.page.hidden && this.#pushes.flush())
    queueMicrotask(() => {
      if (this.#done) return
      this.#open = true
      events.onOpen()
    })
  }

  send(frame: Uint8Array): void {
    if (!this.#open || this.#done) return
    const message = decode(frame)
    switch (message.kind) {
      case "syncStep1":
        this.#stateVector = message.stateVector
        void this.#sync(this.trial ? null : this.options.reason())
        break
      case "syncStep2":
      case "update":
        this.#pushes.add(++this.#sent, message.update)
        break
      case "awareness":
        this.#presence = this.#lastPresence = message.payload
        void this.#tellPresence()
        break
      case "pong":
        this.#receiver?.probe()
        break
    }
  }

  close(code?: number): void {
    if (this.#done) return
    // A socket's end says it by itself, a poll's doesn't.
    const leaving = code === FOR_GOOD ? this.#lastPresence : null
    this.#stop()
    if (leaving !== null) this.#post("/awareness", withdrawn(leaving), { within: AWARENESS_WITHIN, keepalive: true, always: true }).catch(() => undefined)
  }

  #stop(): void {
    this.#done = true
    this.#receiver?.close()
    this.#pushes.close()
    this.#abort.abort()
    this.#leaveLane()
    this.#unwatch()
  }

  #end(problem: Problem): void {
    if (this.#done) return
    this.#stop()
    this.events.onClose(problem.closeCode, problem.message)
  }

  #emit(frame: Uint8Array): void {
    if (this.#done) return
    if (this.#held !== null) this.#held.push(frame)
    else this.events.onFrame(frame)
  }

  #heard(): void {
    if (this.#held === null) return
    const held = this.#held
    this.#held = null
    for (const frame of held) this.#emit(frame)
    // The trial is over, and with it what excused a stream without a lane.
    if (!this.options.lane.free) queueMicrotask(() => this.#done || this.#receive())
  }

  /**
   * Also when the server keeps no longer, or replaced, what our cursor stands on: all since the state vector of the
   * opening comes again, which changes nothing where it is known, and its own question is one more syncStep1.
   */
  async #sync(reason: string | null): Promise<void> {
    const path = query({ reason })
    const ask = { within: SYNC_WITHIN, onPart: () => this.#receiving() }
    const answer = await this.#post<SyncAnswer>(path, this.#stateVector, ask).catch((error: unknown) => this.#end(problemOf(error)))
    if (this.#done || !answer) return
    this.#cursor = answer.cursor
    this.#tag = answer.awareness_tag
    this.#mayEdit = answer.may_edit
    this.#emit(encodeNotice({ kind: "welcome", user: answer.user, may_edit: answer.may_edit, epoch: epochOf(answer.cursor), heartbeat: answer.heartbeat }))
    // Before the question, which a full document's client doesn't answer.
    if (answer.size && answer.size.state !== "fine") this.#emit(encodeNotice(answer.size))
    this.#emit(encodeSyncStep1(fromBase64(answer.state_vector)))
    this.#emitAwareness(answer.awareness)
    this.#emit(encodeSyncStep2(fromBase64(answer.update)))
    this.#emitUnsaved(answer.unsaved)
    this.#emitCursor(answer.cursor)
    if (!this.#done) this.#receive()
  }

  /** A big document on a slow line: it is on its way. */
  #receiving(): void {
    if (this.#held !== null || Date.now() - this.#receivingSince < RECEIVING_EVERY) return
    this.#receivingSince = Date.now()
    this.#emit(encodePing())
  }

  #receive(): void {
    this.#receiver?.close()
    const { lane, hears } = this.options
    // A trial's moment is worth a connection: it would prove nothing otherwise.
    const lasting = lane.free || this.#held !== null
    if (lasting && hears === "stream") this.#receiver = this.#stream()
    else this.#receiver = this.#poll(lasting ? LONG : lane.hidden ? HIDDEN : BRIEF)
  }

  #stream(): Receiver {
    const { requests, client, random } = this.options
    let first = true
    const stream = new Stream({
      lastEventId: this.#cursor,
      request: (cursor, signal) => requests.stream(this.#path("/events", { client }), { "Last-Event-ID": cursor ?? this.#cursor }, signal),
      onEvent: (event) => {
        this.#heard()
        if (event.event === "hello") {
          this.#hello(event, first)
          first = false
        } else {
          this.#streamed(event)
        }
      },
      onEnd: (problem) => this.#receiverEnded(problem),
      random,
    })
    // What the stream tells isn't what the tag stands for.
    this.#tag = null
    return { close: () => stream.close(), probe: () => stream.restart() }
  }

  #hello({ data }: ServerSentEvent, first: boolean): void {
    const { user, may_edit, epoch, heartbeat } = JSON.parse(data) as Omit<Extract<Notice, { kind: "welcome" }>, "kind">
    if (may_edit && !this.#mayEdit) {
      // As a socket is told, and closed. Who might not write has brought nothing, and an ack of what comes now would
      // cover what is still missing.
      this.#end(new Problem(RIGHTS_CHANGED, "rights_changed", "rights changed"))
      return
    }
    if (may_edit !== this.#mayEdit) this.#emit(encodeNotice({ kind: "welcome", user, may_edit, epoch, heartbeat }))
    else this.#emit(encodePing())
    this.#mayEdit = may_edit
    // It says what is unsaved right behind its hello.
    this.#emitUnsaved(false)
    // The server took our presence away with the stream that ended.
    if (!first) this.#emit(encodeQueryAwareness())
  }

  #streamed({ event, data, id }: ServerSentEvent): void {
    switch (event) {
      case "update":
        this.#emit(encodeUpdate(fromBase64(data)))
        if (id !== null) this.#emitCursor(id)
        break
      case "awareness":
        this.#emitAwareness(data)
        break
      case "notice": {
        const notice = JSON.parse(data) as Notice
        if (notice.kind === "size") this.#emit(encodeNotice(notice))
        else this.#emitUnsaved(notice.kind === "unsaved")
        break
      }
      case "ping":
        this.#emit(encodePing())
        break
    }
  }

  #poll(pace: Pace): Receiver {
    const { requests, client, random } = this.options
    const poll = new Poll<PollAnswer>({
      pace: () => (this.#unsaved ? BRIEF : pace),
      request: (wait, signal) => {
        // A tag that is nobody's brings the whole table, and with it, whether the database is back.
        const tag = this.#unsaved ? "0" : (this.#tag ?? "0")
        return requests.json(this.#path("/poll", { cursor: this.#cursor, tag, client, wait }), { within: wait * 1000 + PATIENCE, signal })
      },
      onAnswer: (answer) => {
        this.#heard()
        if (answer === null) {
          this.#emit(encodePing())
          return
        }
        for (const update of answer.updates) this.#emit(encodeUpdate(fromBase64(update)))
        if (answer.awareness !== undefined) this.#emitAwareness(answer.awareness)
        this.#tag = answer.awareness_tag
        this.#emitUnsaved(answer.unsaved)
        this.#emitCursor(answer.cursor)
      },
      onEnd: (problem) => this.#receiverEnded(problem),
      random,
    })
    return { close: () => poll.close(), probe: () => poll.again() }
  }

  #receiverEnded(problem: Problem): void {
    if (problem.code !== "resync") this.#end(problem)
    else if (++this.#resyncs > RESYNCS) this.#end(new Problem(ABNORMAL, "resync", "the server's history keeps changing"))
    else void this.#sync(null)
  }

  #emitAwareness(base64: string): void {
    const payload = fromBase64(base64)
    if (payload.byteLength > 0) this.#emit(encodeAwareness(payload))
  }

  #emitUnsaved(unsaved: boolean): void {
    if (unsaved === this.#unsaved) return
    this.#unsaved = unsaved
    this.#emit(encodeNotice({ kind: unsaved ? "unsaved" : "saved" }))
  }

  #emitCursor(cursor: string): void {
    this.#cursor = cursor
    this.#emit(encodeCursor(epochOf(cursor), Number(cursor.split(".")[1])))
  }

  /** The latest alone counts; one request at a time keeps the order. */
  async #tellPresence(): Promise<void> {
    if (this.#telling) return
    this.#telling = true
    while (this.#presence !== null && !this.#done) {
      const payload = this.#presence
      this.#presence = null
      // Lost is lost: y-protocols renews it within 15 s. What is final, the receiver hears as well.
      await this.#post("/awareness", payload, { within: AWARENESS_WITHIN }).catch(() => undefined)
    }
    this.#telling = false
  }

  #path(path: string, values: Record<string, string | number>): string {
    return `/sync/${this.options.documentId}${path}${query(values)}`
  }

  #post<Answer>(
    path: string,
    body: Uint8Array,
    { always, ...ask }: Omit<Ask, "method" | "body" | "signal"> & { always?: boolean },
  ): Promise<Answer | null> {
    // A request that may outlive the page may outlive us, too.
    const signal = always || ask.keepalive ? {} : { signal: this.#abort.signal }
    return this.options.requests.json<Answer>(`/sync/${this.options.documentId}${path}`, { method: "POST", body, ...ask, ...signal })
  }
}

const epochOf = (cursor: string) => Number(cursor.split(".")[0])
