import { delayBefore, type Random } from "./backoff"
import { afterEnd, afterFrame, afterLook, afterTrial, climbed, type Ladder, ladderOf, nextLook, type Obstacle, obstacleAbove } from "./ladder"
import type { Memory } from "./memory"
import { alwaysOnline, type Network } from "./network"
import { alwaysVisible, type Page } from "./page"
import { ABNORMAL, BAD_FRAME, NO_FRAME, type Rung, type Transport, type TransportKind } from "./transport"

export type ConnectionState =
  /** `switching`: from one transport to the other, without a pause between. */
  | { kind: "connecting"; switching: boolean }
  | { kind: "open"; switching: boolean }
  | { kind: "waiting"; retryAt: number }
  | { kind: "ended"; code: number; reason: string }
  | { kind: "stopped" }

export interface ConnectionOptions<Frame> {
  /** The best first. */
  rungs: readonly Rung<Frame>[]
  onState(state: ConnectionState): void
  /** May throw: a frame that can't be understood breaks the connection. */
  onFrame(frame: Frame): void
  isFinal(code: number): boolean
  /** What every transport is told first. A trial must get as far as a frame by it. */
  greeting?: () => Frame
  /** Makes a living server answer. Without it silence is only waited out. */
  probe?: () => Frame
  random?: Random
  network?: Network
  page?: Page
  memory?: Memory
}

/** The server says something at least every 20 s. */
const PROBE_AFTER = 20_000
const DEAD_AFTER_PROBE = 10_000
/** When the browser says that the network went. */
const DEAD_AFTER_OFFLINE = 5_000
/** A connection that lived this long was no failure. */
const FINE_AFTER = 10_000
/** A socket is greeted at once. Requests know of their own limits, and a big document takes its time. */
const FIRST_FRAME_WITHIN: Readonly<Record<TransportKind, number>> = { websocket: 4_000, sse: 25_000, poll: 25_000 }
/** A trial of a stream syncs, and then waits for the first event. */
const TRIAL_WITHIN: Readonly<Record<TransportKind, number>> = { websocket: 4_000, sse: 10_000, poll: 10_000 }
/** The transport that was left says goodbye after the new one has said hello, so that nobody seems to leave. */
const LINGER = 1_000
/** However often the browser thinks that the network came back. */
const LOOK_AT_MOST_EVERY = 5_000

type Line<Frame> = { transport: Transport<Frame>; rung: number; switching: boolean; opened: boolean; openedAt: number; heard: boolean }
type Timer = ReturnType<typeof setTimeout>

/**
 * Keeps one transport open: connects, notices silence, and connects again after a delay, until a close code says that it
 * is of no use. Which transport is the ladder's to say; a better one is tried beside the one that works, and takes over with
 * its first frame. A transport that was given up is detached at once: a dead network lets `close` take minutes.
 */
export class Connection<Frame> {
  #state: ConnectionState = { kind: "stopped" }
  #ladder: Ladder
  #line: Line<Frame> | null = null
  #trial: Line<Frame> | null = null
  readonly #left = new Map<Transport<Frame>, Timer>()
  #failures = 0
  #heardAt = 0
  /** It was asked whether it lives, and hasn't answered. */
  #probing: { askedAt: number; until: number } | null = null
  #lookedAt = Number.NEGATIVE_INFINITY
  #lastClose: { code: number; reason: string } | null = null
  #timer: Timer | undefined
  #firstFrameTimer: Timer | undefined
  #lookTimer: Timer | undefined
  #trialTimer: Timer | undefined
  readonly #random: Random
  readonly #network: Network
  readonly #page: Page
  readonly #unsubscribe: (() => void)[]

  constructor(private readonly options: ConnectionOptions<Frame>) {
    this.#random = options.random ?? Math.random
    this.#network = options.network ?? alwaysOnline
    this.#page = options.page ?? alwaysVisible
    this.#ladder = ladderOf(
      options.rungs.map(({ kind }) => kind),
      options.memory?.recall() ?? null,
    )
    this.#unsubscribe = [this.#network.subscribe(() => this.#networkChanged()), this.#page.subscribe(() => this.#page.hidden || this.#lookSoon())]
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** In use, or being tried. */
  get transport(): TransportKind {
    return this.#ladder.kinds[this.#ladder.rung]!
  }

  /** Why not a better one. */
  get obstacle(): Obstacle | null {
    return obstacleAbove(this.#ladder)
  }

  /** Why the last transport ended, until another brings a frame. */
  get lastClose(): { code: number; reason: string } | null {
    return this.#lastClose
  }

  /** Connect now: at first, instead of waiting longer, or after it ended. When something works, look for something better. */
  connect(): void {
    if (this.#state.kind === "connecting") return
    if (this.#state.kind === "open") {
      this.#look()
      return
    }
    this.#connect(false)
  }

  #connect(switching: boolean): void {
    const { rung } = this.#ladder
    const line = this.#openLine({ rung, switching, trial: false }, {
      onOpen: () => this.#opened(line),
      onFrame: (frame) => this.#received(line, frame),
      onClose: (code, reason) => this.#line === line && this.#closed(code, reason),
    })
    this.#line = line
    clearTimeout(this.#timer)
    clearTimeout(this.#firstFrameTimer)
    this.#firstFrameTimer = setTimeout(() => this.drop("no frame", NO_FRAME), FIRST_FRAME_WITHIN[this.options.rungs[rung]!.kind])
    this.#become({ kind: "connecting", switching })
  }

  send(frame: Frame): void {
    if (this.#state.kind === "open") this.#line?.transport.send(frame)
  }

  /** Give up this transport and try another. */
  drop(reason: string, code = ABNORMAL): void {
    if (this.#line === null) return
    this.#line.transport.close(code === BAD_FRAME ? code : undefined, reason)
    this.#closed(code, reason)
  }

  /** For good. */
  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    for (const timer of [this.#timer, this.#firstFrameTimer, this.#lookTimer]) clearTimeout(timer)
    this.#endTrial()
    for (const transport of [...this.#left.keys()]) this.#forget(transport)
    this.#line?.transport.close(1000)
    this.#line = null
    this.#state = { kind: "stopped" }
  }

  #openLine(
    { rung, switching, trial }: { rung: number; switching: boolean; trial: boolean },
    on: { onOpen(): void; onFrame(frame: Frame): void; onClose(code: number, reason: string): void },
  ): Line<Frame> {
    const line: Line<Frame> = {
      rung,
      switching,
      opened: false,
      openedAt: 0,
      heard: false,
      transport: this.options.rungs[rung]!.open(
        {
          onOpen: () => {
            if (this.#line !== line && this.#trial !== line) return
            line.opened = true
            line.openedAt = Date.now()
            if (this.options.greeting) line.transport.send(this.options.greeting())
            on.onOpen()
          },
          onFrame: (frame) => on.onFrame(frame),
          onClose: (code, reason) => on.onClose(code, reason),
        },
        { trial },
      ),
    }
    return line
  }

  #opened(line: Line<Frame>): void {
    if (this.#line !== line) return
    this.#heardAt = Date.now()
    this.#listen()
    this.#become({ kind: "open", switching: line.switching })
  }

  #received(line: Line<Frame>, frame: Frame): void {
    if (this.#trial === line) this.#climb(line)
    if (this.#line !== line) return
    this.#heardAt = Date.now()
    if (!line.heard) {
      line.heard = true
      this.#lastClose = null
      clearTimeout(this.#firstFrameTimer)
      this.#ladder = afterFrame(this.#ladder)
      this.#remember()
      this.#lookLater()
    }
    try {
      this.options.onFrame(frame)
    } catch (error) {
      console.error("Weft could not read a frame and connects again.", error)
      if (this.#line === line) this.drop("unreadable frame", BAD_FRAME)
    }
  }

  /** One timer that looks again when the silence could have lasted long enough, instead of one restarted by each frame. */
  #listen(): void {
    this.#probing = null
    const now = Date.now()
    // A clock that is set back must not make hours of it.
    this.#heardAt = Math.min(this.#heardAt, now)
    const quietFor = now - this.#heardAt
    if (quietFor < PROBE_AFTER) this.#after(PROBE_AFTER - quietFor, () => this.#listen())
    else this.#probe(DEAD_AFTER_PROBE)
  }

  /**
   * Also after a laptop's sleep, when silence proves nothing: it gets the time to answer. A network that comes and goes
   * doesn't put that off.
   */
  #probe(patience: number): void {
    const askedAt = Date.now()
    if (this.options.probe) this.#line?.transport.send(this.options.probe())
    const { askedAt: before, until } = this.#probing ?? { askedAt: 0, until: Number.POSITIVE_INFINITY }
    if (this.#heardAt < before && until <= askedAt + patience) return
    this.#probing = { askedAt, until: askedAt + patience }
    this.#after(patience, () => {
      if (this.#heardAt >= askedAt) this.#listen()
      else this.drop("silent")
    })
  }

  #closed(code: number, reason: string): void {
    const line = this.#line!
    for (const timer of [this.#timer, this.#firstFrameTimer, this.#lookTimer]) clearTimeout(timer)
    this.#endTrial()
    this.#line = null
    this.#lastClose = { code, reason }
    if (this.options.isFinal(code)) {
      this.#become({ kind: "ended", code, reason })
      return
    }
    const lived = line.opened ? Date.now() - line.openedAt : 0
    const { ladder, now } = afterEnd(this.#ladder, { code, opened: line.opened, heard: line.heard, lived, online: this.#network.online })
    this.#ladder = ladder
    if (now) {
      this.#connect(true)
      return
    }
    if (line.heard && lived >= FINE_AFTER) this.#failures = 0
    const delay = delayBefore(this.#failures, code, this.#random)
    this.#failures++
    this.#after(delay, () => this.#connect(false))
    // With a rung below, one that ended early says little yet, and the next attempt follows within the blink of an eye.
    if (ladder.early === 1 && ladder.rung + 1 < ladder.kinds.length && this.#failures === 1) this.#become({ kind: "connecting", switching: false })
    else this.#become({ kind: "waiting", retryAt: Date.now() + delay })
  }

  // --- upward ---

  #lookLater(): void {
    clearTimeout(this.#lookTimer)
    const delay = nextLook(this.#ladder, this.#random)
    if (delay !== null) this.#lookTimer = setTimeout(() => this.#look(), delay)
  }

  /** The network came back, or the person did: maybe they are somewhere else now. */
  #lookSoon(): void {
    const wait = Math.min(LOOK_AT_MOST_EVERY, this.#lookedAt + LOOK_AT_MOST_EVERY - Date.now())
    if (wait <= 0) {
      this.#look()
    } else if (this.#state.kind === "open" && this.#trial === null) {
      clearTimeout(this.#lookTimer)
      this.#lookTimer = setTimeout(() => this.#look(), wait)
    }
  }

  #look(): void {
    if (this.#trial !== null || this.#state.kind !== "open" || !this.#ladder.proven || this.#ladder.rung === 0) return
    clearTimeout(this.#lookTimer)
    this.#lookedAt = Date.now()
    this.#try(0)
  }

  #try(rung: number): void {
    if (rung >= this.#ladder.rung) {
      this.#ladder = afterLook(this.#ladder)
      this.#remember()
      this.#lookLater()
      return
    }
    const failed = (code: number) => {
      if (this.#trial !== line) return
      this.#endTrial()
      this.#ladder = afterTrial(this.#ladder, rung, { code, opened: line.opened, heard: false, lived: 0, online: this.#network.online })
      this.#try(rung + 1)
    }
    const line: Line<Frame> = this.#openLine({ rung, switching: true, trial: true }, {
      onOpen: () => undefined,
      onFrame: (frame) => this.#received(line, frame),
      onClose: (code, reason) => (this.#line === line ? this.#closed(code, reason) : failed(code)),
    })
    this.#trial = line
    this.#trialTimer = setTimeout(() => failed(NO_FRAME), TRIAL_WITHIN[this.options.rungs[rung]!.kind])
  }

  /** What was under way on the old transport may or may not have arrived: who listens begins anew on this one. */
  #climb(line: Line<Frame>): void {
    const old = this.#line!.transport
    this.#trial = null
    clearTimeout(this.#trialTimer)
    this.#line = line
    this.#ladder = climbed(this.#ladder, line.rung)
    this.#failures = 0
    this.#heardAt = Date.now()
    this.#listen()
    this.#become({ kind: "open", switching: true })
    this.#left.set(
      old,
      setTimeout(() => this.#forget(old), LINGER),
    )
  }

  #endTrial(): void {
    clearTimeout(this.#trialTimer)
    this.#trial?.transport.close()
    this.#trial = null
  }

  #forget(transport: Transport<Frame>): void {
    clearTimeout(this.#left.get(transport))
    this.#left.delete(transport)
    transport.close()
  }

  #remember(): void {
    const { rung, obstacles } = this.#ladder
    this.options.memory?.keep(rung === 0 ? null : { kind: this.transport, obstacles })
  }

  #networkChanged(): void {
    if (this.#network.online) {
      if (this.#state.kind === "waiting") this.connect()
      else this.#lookSoon()
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
