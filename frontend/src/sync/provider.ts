import type { Awareness } from "y-protocols/awareness"
import * as Y from "yjs"
import type { Random } from "./backoff"
import { Connection, type ConnectionState } from "./connection"
import { diagnose, type Diagnosis, sameDiagnosis } from "./diagnosis"
import { Requests } from "./http"
import { browserLocks, type Locks, openLane } from "./lanes"
import { LocalCopy, type Shelf } from "./localCopy"
import type { Memory } from "./memory"
import { browserNetwork, type Network } from "./network"
import { Outbox } from "./outbox"
import { browserPage, type Page } from "./page"
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
  type SizeNotice,
} from "./protocol"
import { documentRungs } from "./rungs"
import { endReason, type Link, PATIENCE, sameStatus, type Status, statusOf } from "./status"
import type { OpenTransport, Rung } from "./transport"

export interface ProviderOptions {
  /** Of the server: `https://host`. */
  url: string
  documentId: string
  /** Instead of the session's cookie. */
  token?: string
  /** What worked here before. Without it every document begins with a WebSocket. */
  memory?: Memory | undefined
  /** What tabs share out among themselves. Without them each holds its requests open. */
  locks?: Locks | null
  /** Instead of the ladder: one transport, or rungs of another make. */
  transport?: OpenTransport | readonly Rung[]
  /** Where this browser keeps the document and our edits. Without one they are only in the page. */
  shelf?: Shelf
  network?: Network
  page?: Page
  random?: Random
  fetch?: typeof fetch
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
 *
 * With a shelf the copy in this browser comes first, and the network after it: SyncStep1 then asks for what is new, and
 * our SyncStep2 brings what earlier pages left behind. A copy has no cursor: what the server has is asked for each time,
 * so that a document restored from a backup (another epoch) merges with it as with any other.
 */
export class WeftProvider {
  /** May we change the document? As of the last welcome, and of its size; the server enforces it in any case. */
  readOnly = false
  /** How large the document is, if that is worth telling: the server said so. */
  size: SizeNotice | null = null
  /** Who the server says we are. */
  user: Identity | null = null
  /** Which pages the server serves, as of the last welcome: another build than ours means that ours is old. */
  build: string | null = null
  /** Everything up to here was received. */
  cursor: { epoch: number; seq: number } | null = null

  readonly #connection: Connection<Uint8Array>
  readonly #network: Network
  readonly #presence: PresenceLink
  readonly #outbox = new Outbox()
  readonly #listeners = new Set<() => void>()
  readonly #local: LocalCopy | null
  readonly #synced = new Milestone()
  readonly #readable = new Milestone()
  #mayEdit = true
  #greeting: Greeting = freshGreeting()
  /** We are between two transports, both of which work, and this still holds from the one that was left. */
  #switching: { since: number; databaseDown: boolean } | null = null
  /** All was saved when the transport in use took over. */
  #settled = false
  #returning = false
  #status: Status = { kind: "connecting", waiting: 0 }
  #diagnosis: Diagnosis = { code: null, transport: null, since: Date.now() }
  #patience: ReturnType<typeof setTimeout> | undefined
  #destroyed = false

  constructor(
    readonly doc: Y.Doc,
    readonly awareness: Awareness,
    options: ProviderOptions,
  ) {
    this.#local = options.shelf ? new LocalCopy(doc, options.documentId, options.shelf) : null
    const page = options.page ?? browserPage()
    this.#network = options.network ?? browserNetwork()
    this.#connection = new Connection({
      rungs: this.#rungs(options, page),
      onState: (state) => this.#connectionBecame(state),
      onFrame: (frame) => this.#receive(frame),
      isFinal: (code) => endReason(code) !== null,
      greeting: () => encodeSyncStep1(Y.encodeStateVector(this.doc)),
      probe: encodePing,
      ...(options.random && { random: options.random }),
      ...(options.memory && { memory: options.memory }),
      network: this.#network,
      page,
    })
    this.#presence = new PresenceLink(awareness, (payload) => this.#connection.send(encodeAwareness(payload)))
    doc.on("update", this.#onUpdate)
    doc.on("destroy", this.#onDestroy)
    if (this.#local) void this.#openCopy(this.#local)
    else this.#connection.connect()
  }

  /** The same object until something about it changes. */
  get status(): Status {
    return this.#status
  }

  /** Why it isn't live, or not by the best way. The same object until something about it changes. */
  get diagnosis(): Diagnosis {
    return this.#diagnosis
  }

  /** The close code and reason of the last connection, until another one works. */
  get lastClose(): { code: number; reason: string } | null {
    return this.#connection.lastClose
  }

  /** Has the server yet to acknowledge something? */
  get hasUnsavedChanges(): boolean {
    return this.#outbox.waiting > 0
  }

  /** Whether this browser keeps our edits, so that they outlive the page. */
  get keepsEdits(): boolean {
    return this.#local?.state === "kept"
  }

  /** How many edits closing the page would lose. */
  get atRisk(): number {
    return this.#local?.holdsAll ? 0 : this.#outbox.waiting
  }

  /** Fulfilled once the server sent the document in full, for the first time. Never rejected: an end shows in the status. */
  get whenSynced(): Promise<void> {
    return this.#synced.reached
  }

  /** Fulfilled once there is a document to show: as this browser kept it, or as the server sent it. */
  get whenReadable(): Promise<void> {
    return this.#readable.reached
  }

  /** Fulfilled when all that came until now is kept in this browser, or can't be. */
  async whenKept(): Promise<void> {
    await this.#local?.flush()
  }

  /** Calls back when the status, the diagnosis, the rights or the identity changed; answers with the function that stops it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Try again at once: somebody asks for it, or signed in again after "ended". When connected, look for a better way. */
  reconnect(): void {
    if (!this.#destroyed) this.#connection.connect()
  }

  /** Hangs up. Waits for nothing and saves nothing: whoever cares asks `hasUnsavedChanges` before. */
  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.#local?.close()
    this.doc.off("update", this.#onUpdate)
    this.doc.off("destroy", this.#onDestroy)
    clearTimeout(this.#patience)
    this.#connection.stop()
    this.#presence.stop()
    this.#listeners.clear()
  }

  /** Hangs up, and throws away what this browser keeps of the document, unsaved edits too. */
  async forget(): Promise<void> {
    const forgotten = this.#local?.forget()
    this.destroy()
    await forgotten
  }

  #onDestroy = () => this.destroy()

  #rungs({ transport, url, documentId, token, fetch, locks, random = Math.random }: ProviderOptions, page: Page): readonly Rung[] {
    if (typeof transport === "function") return [{ kind: "websocket", open: transport }]
    if (transport) return transport
    return documentRungs({
      url,
      token,
      documentId,
      client: this.awareness.clientID,
      requests: new Requests({ url, token, fetch }),
      lane: openLane(locks === undefined ? browserLocks() : locks, page),
      page,
      random,
      reason: () => this.#diagnosis.code,
    })
  }

  async #openCopy(local: LocalCopy): Promise<void> {
    local.subscribe(() => this.#tellListeners())
    const kept = await local.load()
    if (this.#destroyed) return
    this.#outbox.inherit(local.inherited)
    if (kept) this.#setRights(kept.mayEdit, null)
    if (kept?.whole) this.#readable.reach()
    // There is something to deliver, and that is how it stands until it is.
    if (kept?.whole && local.inherited > 0) this.#returning = true
    this.#connection.connect()
  }

  // Everything that isn't from the server is ours to deliver, wherever else it came from.
  #onUpdate = (update: Uint8Array, origin: unknown) => {
    if (origin === this.#local && origin !== null) return
    if (origin === this) {
      this.#local?.record(update, false)
      return
    }
    // Yjs tidies formatting up after remote changes, for readers too. That only deletes (no client in front), is done by
    // every replica for itself, and is no edit of a reader's.
    if (this.readOnly && update[0] === 0) return
    this.#outbox.record(update)
    this.#local?.record(update, true)
    this.#sendUpdates()
    this.#refresh()
  }

  #connectionBecame(state: ConnectionState): void {
    const told = this.#told
    const databaseDown = this.#databaseDown
    this.#greeting = freshGreeting()
    this.#outbox.loosen()
    // From one to the other: what was true of our edits and of the others still is.
    const switching = (state.kind === "connecting" || state.kind === "open") && state.switching && told
    this.#switching = switching ? { since: this.#switching?.since ?? Date.now(), databaseDown } : null
    this.#settled = switching && this.#status.kind === "saved"
    // Who reads and writes the copy is "offline" while we try again, not still on the way in.
    if (state.kind === "waiting" && this.#readable.isReached) this.#returning = true
    if (state.kind === "open") this.#presence.connected()
    else if (!switching) this.#presence.disconnected()
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
        // Frame 1 of every connection is the SyncStep2 with all that the server lacked.
        if (message.frames > 0) this.#local?.settle()
        this.#sendUpdates()
        break
      case "awareness":
        this.#presence.receive(message.payload)
        break
      case "cursor":
        this.cursor = { epoch: message.epoch, seq: message.seq }
        // A big document comes as a SyncStep2 and Updates behind it; the cursor says that this was all.
        if (this.#greeting.received) this.#received()
        break
      case "syncStep1":
        this.#answer(message.stateVector)
        this.#arrived()
        break
      case "syncStep2":
        this.#apply(message.update)
        this.#greeting.received = true
        this.#arrived()
        break
      case "notice":
        this.#notice(message.notice)
        break
      case "denied":
        // An edit was refused. When that is because rights changed, the server hangs up next, and the welcome after it
        // says what holds. A full document takes nobody's edits, and says so by itself.
        if (this.size?.state !== "full") this.#setRights(false, this.size)
        break
      case "queryAwareness":
        this.#presence.renew()
        break
    }
    this.#refresh()
  }

  #arrived(): void {
    if (this.#greeting.answered && this.#greeting.received) this.#switching = null
  }

  #received(): void {
    if (this.#synced.isReached) return
    this.#local?.isWhole()
    this.#synced.reach()
    this.#readable.reach()
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
        this.build = notice.build ?? null
        // It says next how large the document is, unless that is fine.
        this.#setRights(notice.may_edit, null)
        this.#local?.rightsAre(notice.may_edit)
        this.#tellListeners()
        break
      case "size":
        this.#setRights(this.#mayEdit, notice.state === "fine" ? null : notice)
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

  #setRights(mayEdit: boolean, size: SizeNotice | null): void {
    const readOnly = !mayEdit || size?.state === "full"
    const same = this.readOnly === readOnly && this.size?.state === size?.state
    this.#mayEdit = mayEdit
    this.readOnly = readOnly
    if (same) return
    this.size = size
    this.#tellListeners()
  }

  /** Each side has told what it had. */
  get #told(): boolean {
    const { answered, received } = this.#greeting
    if (answered && received) return true
    return this.#switching !== null && Date.now() < this.#switching.since + PATIENCE
  }

  get #databaseDown(): boolean {
    return this.#greeting.databaseDown || (this.#switching?.databaseDown ?? false)
  }

  #link(): Link {
    const state = this.#connection.state
    if (state.kind === "ended") return { kind: "ended", reason: endReason(state.code)! }
    const returning = this.#returning
    if (this.#told) return { kind: "told", databaseDown: this.#databaseDown, readOnly: this.readOnly, returning, settled: this.#settled }
    return { kind: "away", retryAt: state.kind === "waiting" ? state.retryAt : null, returning }
  }

  #refresh(): void {
    const now = Date.now()
    const status = statusOf(this.#link(), this.#outbox, now)
    if (status.kind === "saved") this.#returning = true
    this.#local?.owes(Math.max(0, this.#outbox.waiting - this.#local.inherited))
    clearTimeout(this.#patience)
    const since = this.#outbox.waitingSince ?? this.#switching?.since ?? null
    if (since !== null && now < since + PATIENCE) {
      this.#patience = setTimeout(() => this.#refresh(), since + PATIENCE - now)
    }
    const diagnosis = this.#diagnose()
    const same = sameStatus(status, this.#status) && sameDiagnosis(diagnosis, this.#diagnosis)
    if (!sameStatus(status, this.#status)) this.#status = status
    if (!sameDiagnosis(diagnosis, this.#diagnosis)) this.#diagnosis = { ...diagnosis, since: now }
    if (!same) this.#tellListeners()
  }

  #diagnose(): Omit<Diagnosis, "since"> {
    const { state, transport, obstacle, lastClose } = this.#connection
    return diagnose({ state, transport, obstacle, lastClose, told: this.#told, databaseDown: this.#databaseDown, online: this.#network.online })
  }

  #tellListeners(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener()
      } catch (error) {
        // Whoever shows us may fail to; taken for an unreadable frame it would cost the connection.
        console.error("A listener of Weft's provider failed.", error)
      }
    }
  }
}

/** Something that happens once, and can be waited for. */
class Milestone {
  readonly reached: Promise<void>
  isReached = false
  #resolve!: () => void

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  reach(): void {
    this.isReached = true
    this.#resolve()
  }
}

const freshGreeting = (): Greeting => ({ answered: false, received: false, databaseDown: false })
