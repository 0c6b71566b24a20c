import { delayBefore, type Random } from "./backoff"
import { alwaysOnline, type Network } from "./network"
import type { OpenTransport, Transport } from "./transport"

export type ConnectionState =
  | { kind: "connecting" }
  | { kind: "open" }
  | { kind: "waiting"; retryAt: number }
  | { kind: "ended"; code: number; reason: string }
  | { kind: "stopped" }

export interface ConnectionOptions<Frame> {
  open: OpenTransport<Frame>
  onState(state: ConnectionState): void
  /** May throw: a frame that can't be understood breaks the connection. */
  onFrame(frame: Frame): void
  isFinal(code: number): boolean
  /** Makes a living server answer. Without it silence is only waited out. */
  probe?: () => Frame
  random?: Random
  network?: Network
}

/** The server says something at least every 20 s. */
const PROBE_AFTER = 20_000
const DEAD_AFTER_PROBE = 10_000
/** When the browser says that the network went. */
const DEAD_AFTER_OFFLINE = 5_000
const OPENS_WITHIN = 10_000
/** A connection that lived this long was no failure. */
const FINE_AFTER = 10_000

const ABNORMAL = 1006
const BAD_FRAME = 4500

/**
 * Keeps one transport open: connects, notices silence, and connects again after a delay, until a close code says that it
 * is of no use. A transport that was given up is detached at once: a dead network lets `close` take minutes.
 */
export class Connection<Frame> {
  #state: ConnectionState = { kind: "stopped" }
  #transport: Transport<Frame> | null = null
  #failures = 0
  #openedAt = 0
  #heardAt = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #random: Random
  readonly #network: Network
  readonly #unsubscribe: () => void

  constructor(private readonly options: ConnectionOptions<Frame>) {
    this.#random = options.random ?? Math.random
    this.#network = options.network ?? alwaysOnline
    this.#unsubscribe = this.#network.subscribe(() => this.#networkChanged())
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Connect now: at first, instead of waiting longer, or after it ended. */
  connect(): void {
    if (this.#state.kind === "connecting" || this.#state.kind === "open") return
    const transport: Transport<Frame> = this.options.open({
      onOpen: () => this.#isCurrent(transport) && this.#opened(),
      onFrame: (frame) => this.#isCurrent(transport) && this.#received(frame),
      onClose: (code, reason) => this.#isCurrent(transport) && this.#closed(code, reason),
    })
    this.#transport = transport
    this.#after(OPENS_WITHIN, () => this.drop("took too long to open"))
    this.#become({ kind: "connecting" })
  }

  send(frame: Frame): void {
    if (this.#state.kind === "open") this.#transport?.send(frame)
  }

  /** Give up this transport and try another. */
  drop(reason: string, code = ABNORMAL): void {
    if (this.#transport === null) return
    this.#transport.close(code === ABNORMAL ? undefined : code, reason)
    this.#closed(code, reason)
  }

  /** For good. */
  stop(): void {
    this.#unsubscribe()
    clearTimeout(this.#timer)
    this.#transport?.close(1000)
    this.#transport = null
    this.#state = { kind: "stopped" }
  }

  #isCurrent(transport: Transport<Frame>): boolean {
    return this.#transport === transport
  }

  #opened(): void {
    this.#openedAt = this.#heardAt = Date.now()
    this.#listen()
    this.#become({ kind: "open" })
  }

  #received(frame: Frame): void {
    this.#heardAt = Date.now()
    try {
      this.options.onFrame(frame)
    } catch (error) {
      console.error("Weft could not read a frame and connects again.", error)
      this.drop("unreadable frame", BAD_FRAME)
    }
  }

  /** One timer that looks again when the silence could have lasted long enough, instead of one restarted by each frame. */
  #listen(): void {
    const quietFor = Date.now() - this.#heardAt
    if (quietFor < PROBE_AFTER) this.#after(PROBE_AFTER - quietFor, () => this.#listen())
    else this.#probe(DEAD_AFTER_PROBE)
  }

  /** Also after a laptop's sleep, when silence proves nothing: it gets the time to answer. */
  #probe(patience: number): void {
    const askedAt = Date.now()
    if (this.options.probe) this.#transport?.send(this.options.probe())
    this.#after(patience, () => {
      if (this.#heardAt >= askedAt) this.#listen()
      else this.drop("silent")
    })
  }

  #closed(code: number, reason: string): void {
    clearTimeout(this.#timer)
    this.#transport = null
    if (this.options.isFinal(code)) {
      this.#become({ kind: "ended", code, reason })
      return
    }
    const wasFine = this.#state.kind === "open" && Date.now() - this.#openedAt >= FINE_AFTER
    if (wasFine) this.#failures = 0
    const delay = delayBefore(this.#failures, code, this.#random)
    this.#failures++
    this.#after(delay, () => this.connect())
    this.#become({ kind: "waiting", retryAt: Date.now() + delay })
  }

  #networkChanged(): void {
    if (this.#network.online) {
      if (this.#state.kind === "waiting") this.connect()
    } else if (this.#state.kind === "open") {
      this.#probe(DEAD_AFTER_OFFLINE)
    }
  }

  #after(delay: number, act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, delay)
  }

  #become(state: ConnectionState): void {
    this.#state = state
    this.options.onState(state)
  }
}
