import { uuidv4 } from "lib0/random"
import * as Y from "yjs"
import type { Random } from "./backoff"
import { Problem, problemOf } from "./http"
import { FRAME_BYTES } from "./outbox"
import { split } from "./splitting"

export interface PushesOptions {
  /** Fulfilled when the server has committed it. Rejects with a Problem. */
  push(update: Uint8Array, key: string, keepalive: boolean): Promise<void>
  /** All frames up to this one are committed. */
  onCommitted(frame: number): void
  /** We may not write. Last, too. */
  onRefused(reason: string): void
  /** Nothing goes through any more. Once and last. */
  onEnd(problem: Problem): void
  random: Random
}

/** `frame`: as far as all is committed once this is. */
type Piece = { frame: number; update: Uint8Array }

/** Browsers let requests outlive their page up to 64 KB, all of them together. */
const OUTLIVES_THE_PAGE = 60 * 1024
const SMALL = 16 * 1024
const TRIES = 5
const TRY_AGAIN_AFTER = 300
/** The database is down, or too much is going on: the server's to say how long, else this. */
const LATER = 2_000
/** No proxy refuses this much: it is the one thing in it that can't be cut. */
const LEAST = 1024
/** Sending it again would end the same way. */
const TOO_LARGE = 4413

/**
 * Delivers updates by one request after the other, in order: what comes while one is under way leaves joined as the next.
 * One that failed on the way is sent again, as it was and under the same key, so that the server can tell.
 */
export class Pushes {
  #waiting: Piece[] = []
  #underWay: Piece[] = []
  #committed = 0
  #running = false
  #closed = false
  /** What one request may hold. Less behind a proxy that refuses so much. */
  #limit = FRAME_BYTES
  #wake: () => void = () => undefined

  constructor(private readonly options: PushesOptions) {}

  add(frame: number, update: Uint8Array): void {
    this.#waiting.push({ frame, update })
    if (!this.#running) void this.#run()
  }

  /**
   * The page may vanish at any moment: all that is open goes out at once, in a request that outlives it. What is under
   * way goes along, for nobody will be there to repeat it.
   */
  flush(): void {
    const open = [...this.#underWay, ...this.#waiting]
    if (this.#closed || this.#waiting.length === 0) return
    const update = joined(open)
    if (update.byteLength > OUTLIVES_THE_PAGE) return
    const { frame } = open.at(-1)!
    const committed = () => {
      this.#waiting = this.#waiting.filter((piece) => piece.frame > frame)
      if (!this.#closed) this.#commit(frame)
    }
    // It all stays in the queue until then, should the page live on: a second time changes nothing.
    this.options.push(update, uuidv4(), true).then(committed, () => undefined)
  }

  close(): void {
    this.#closed = true
    this.#waiting = []
    this.#wake()
  }

  async #run(): Promise<void> {
    this.#running = true
    // Not before `add` has returned: who sends has yet to note it down.
    await Promise.resolve()
    while (!this.#closed && this.#waiting.length > 0) {
      this.#underWay = this.#take()
      await this.#deliver(this.#underWay)
      this.#underWay = []
    }
    this.#running = false
  }

  #take(): Piece[] {
    let count = 0
    let bytes = 0
    for (const { update } of this.#waiting) {
      bytes += update.byteLength
      if (count > 0 && bytes > this.#limit) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #deliver(pieces: Piece[]): Promise<void> {
    const update = joined(pieces)
    const key = uuidv4()
    for (let failures = 0; !this.#closed; ) {
      try {
        if (!isEmpty(update)) await this.options.push(update, key, update.byteLength <= SMALL)
        if (!this.#closed) this.#commit(pieces.at(-1)!.frame)
        return
      } catch (error) {
        if (this.#closed) return
        const problem = problemOf(error)
        switch (problem.code) {
          case "unavailable":
          case "overloaded":
            await this.#pause(problem.retryAfter ?? LATER)
            continue
          case "read_only":
          case "document_full":
            // An ack of what follows would cover it.
            this.close()
            this.options.onRefused(problem.message)
            return
          case "body_refused":
            // What is larger than the limit was cut for none yet, and says nothing of it.
            if (update.byteLength <= this.#limit) this.#limit = Math.max(update.byteLength >> 1, LEAST)
            if (this.#inParts(pieces)) return
            this.options.onEnd(new Problem(TOO_LARGE, problem.code, problem.message))
            return
          case "unreachable":
            if (++failures <= TRIES) {
              await this.#pause(TRY_AGAIN_AFTER * 2 ** failures * (0.5 + this.options.random() / 2))
              continue
            }
        }
        this.options.onEnd(problem)
        return
      }
    }
  }

  /** Whether it could be cut. Nothing of it is committed before the last part is. */
  #inParts(pieces: Piece[]): boolean {
    const { frame } = pieces.at(-1)!
    const parts = split(joined(pieces), this.#limit)
    if (parts.length === 1) return false
    this.#waiting.unshift(...parts.map((update, at) => ({ frame: at < parts.length - 1 ? this.#committed : frame, update })))
    return true
  }

  #commit(frame: number): void {
    this.#committed = Math.max(this.#committed, frame)
    this.options.onCommitted(this.#committed)
  }

  #pause(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delay)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

const joined = (pieces: Piece[]) => (pieces.length === 1 ? pieces[0]!.update : Y.mergeUpdates(pieces.map(({ update }) => update)))

/** No structs, no deletions: the answer of who has nothing that the server lacks. There is nothing to commit. */
const isEmpty = (update: Uint8Array) => update.byteLength === 2 && update[0] === 0 && update[1] === 0
