import type { Awareness } from "y-protocols/awareness"
import * as Y from "yjs"
import type { Random } from "./backoff"
import { Connection, type ConnectionState } from "./connection"
import { browserNetwork, type Network } from "./network"
import { Outbox } from "./outbox"
import { PresenceLink } from "./presence"
import {
  decode,
  encodeAwareness,
  encodePing,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
  type Identity,
  type Notice,
  SUBPROTOCOL,
} from "./protocol"
import { endReason, type Link, PATIENCE, sameStatus, type Status, statusOf } from "./status"
import type { OpenTransport } from "./transport"
import { webSocket } from "./websocket"

export interface ProviderOptions {
  /** Of the server's sockets, without the document: `wss://host/ws/y`. */
  url: string
  documentId: string
  /** Instead of a WebSocket. */
  transport?: OpenTransport
  network?: Network
  random?: Random
}

/** What one connection went through. Each begins anew. */
type Greeting = {
  /** The server told what it has, and we answered with what it lacked. */
  answered: boolean
  /** The server answered us. */
  received: boolean
  databaseDown: boolean
}

/**
 * Keeps a Y.Doc and its awareness in step with the server, over connections that come and go.
 *
 * "saved" follows from the server's acks alone (see Outbox). Edits go out as they are made, each behind the ones it
 * builds on: nothing is sent before the server has said what it has and was answered with all it lacks.
 */
export class WeftProvider {
  /** May we change the document? As of the last welcome; the server enforces it in any case. */
  readOnly = false
  /** Who the server says we are. */
  user: Identity | null = null
  /** Everything up to here was received. */
  cursor: { epoch: number; seq: number } | null = null

  readonly #connection: Connection<Uint8Array>
  readonly #presence: PresenceLink
  readonly #outbox = new Outbox()
  readonly #listeners = new Set<() => void>()
  readonly #synced: Promise<void>
  #resolveSynced!: () => void
  #greeting: Greeting = freshGreeting()
  #returning = false
  #status: Status = { kind: "connecting", waiting: 0 }
  #patience: ReturnType<typeof setTimeout> | undefined
  #destroyed = false

  constructor(
    readonly doc: Y.Doc,
    readonly awareness: Awareness,
    { url, documentId, transport, network, random }: ProviderOptions,
  ) {
    this.#synced = new Promise((resolve) => {
      this.#resolveSynced = resolve
    })
    this.#connection = new Connection({
      open: transport ?? webSocket(`${url}/${documentId}`, SUBPROTOCOL),
      onState: (state) => this.#connectionBecame(state),
      onFrame: (frame) => this.#receive(frame),
      isFinal: (code) => endReason(code) !== null,
      probe: encodePing,
      ...(random && { random }),
      network: network ?? browserNetwork(),
    })
    this.#presence = new PresenceLink(awareness, (payload) => this.#connection.send(encodeAwareness(payload)))
    doc.on("update", this.#onUpdate)
    doc.on("destroy", this.#onDestroy)
    this.#connection.connect()
  }

  /** The same object until something about it changes. */
  get status(): Status {
    return this.#status
  }

  /** Would closing the page lose something? */
  get hasUnsavedChanges(): boolean {
    return this.#outbox.waiting > 0
  }

  /** Fulfilled once the document was received in full, for the first time. Never rejected: an end shows in the status. */
  get whenSynced(): Promise<void> {
    return this.#synced
  }

  /** Calls back when the status, the rights or the identity changed; answers with the function that stops it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Try again at once: somebody asks for it, or signed in again after "ended". */
  reconnect(): void {
    if (!this.#destroyed) this.#connection.connect()
  }

  /** Hangs up. Waits for nothing and saves nothing: whoever cares asks `hasUnsavedChanges` before. */
  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.doc.off("update", this.#onUpdate)
    this.doc.off("destroy", this.#onDestroy)
    clearTimeout(this.#patience)
    this.#connection.stop()
    this.#presence.stop()
    this.#listeners.clear()
  }

  #onDestroy = () => this.destroy()

  // Everything that isn't from the server is ours to deliver, wherever else it came from.
  #onUpdate = (update: Uint8Array, origin: unknown) => {
    if (origin === this) return
    // Yjs tidies formatting up after remote changes, for readers too. That only deletes (no client in front), is done by
    // every replica for itself, and is no edit of a reader's.
    if (this.readOnly && update[0] === 0) return
    this.#outbox.record(update)
    this.#sendUpdates()
    this.#refresh()
  }

  #connectionBecame(state: ConnectionState): void {
    this.#greeting = freshGreeting()
    this.#outbox.loosen()
    if (state.kind === "open") {
      this.#connection.send(encodeSyncStep1(Y.encodeStateVector(this.doc)))
      this.#presence.connected()
    } else {
      this.#presence.disconnected()
    }
    this.#refresh()
  }

  #receive(frame: Uint8Array): void {
    const message = decode(frame)
    switch (message.kind) {
      case "update":
        this.#apply(message.update)
        break
      case "ack":
        this.#outbox.acknowledge(message.frames)
        this.#sendUpdates()
        break
      case "awareness":
        this.#presence.receive(message.payload)
        break
      case "cursor":
        this.cursor = { epoch: message.epoch, seq: message.seq }
        // A big document comes as a SyncStep2 and Updates behind it; the cursor says that this was all.
        if (this.#greeting.received) this.#resolveSynced()
        break
      case "syncStep1":
        this.#answer(message.stateVector)
        break
      case "syncStep2":
        this.#apply(message.update)
        this.#greeting.received = true
        break
      case "notice":
        this.#notice(message.notice)
        break
      case "denied":
        // An edit was refused. When that is because rights changed, the server hangs up next, and the welcome after it
        // says what holds.
        this.#setRights(true)
        break
      case "queryAwareness":
        this.#presence.tell()
        break
    }
    this.#refresh()
  }

  #apply(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, this)
  }

  /** The server may ask again at any time: its own history was replaced, say by a restored backup. */
  #answer(stateVector: Uint8Array): void {
    this.#greeting.answered = true
    if (this.readOnly) return
    this.#connection.send(encodeSyncStep2(Y.encodeStateAsUpdate(this.doc, stateVector)))
    this.#outbox.coverAll(Date.now())
  }

  #sendUpdates(): void {
    if (this.readOnly || !this.#greeting.answered) return
    for (let update = this.#outbox.take(Date.now()); update !== null; update = this.#outbox.take(Date.now())) {
      this.#connection.send(encodeUpdate(update))
    }
  }

  #notice(notice: Notice): void {
    switch (notice.kind) {
      case "welcome":
        this.user = notice.user
        this.#setRights(!notice.may_edit)
        this.#tellListeners()
        break
      case "unsaved":
        this.#greeting.databaseDown = true
        break
      case "saving":
      case "saved":
        this.#greeting.databaseDown = false
        break
    }
  }

  #setRights(readOnly: boolean): void {
    if (this.readOnly === readOnly) return
    this.readOnly = readOnly
    this.#tellListeners()
  }

  #link(): Link {
    const state = this.#connection.state
    if (state.kind === "ended") return { kind: "ended", reason: endReason(state.code)! }
    const { answered, received, databaseDown } = this.#greeting
    const returning = this.#returning
    if (answered && received) return { kind: "told", databaseDown, readOnly: this.readOnly, returning }
    return { kind: "away", retryAt: state.kind === "waiting" ? state.retryAt : null, returning }
  }

  #refresh(): void {
    const now = Date.now()
    const status = statusOf(this.#link(), this.#outbox, now)
    if (status.kind === "saved") this.#returning = true
    clearTimeout(this.#patience)
    const since = this.#outbox.waitingSince
    if (since !== null && now < since + PATIENCE) {
      this.#patience = setTimeout(() => this.#refresh(), since + PATIENCE - now)
    }
    if (sameStatus(status, this.#status)) return
    this.#status = status
    this.#tellListeners()
  }

  #tellListeners(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

const freshGreeting = (): Greeting => ({ answered: false, received: false, databaseDown: false })
