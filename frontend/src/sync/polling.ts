/** Asks for what is new, again and again: what gets through when neither sockets nor streams do. */
import type { Random } from "./backoff"
import { type Problem, problemOf, unreachable } from "./http"

/** How one poll is asked: the server keeps it for `wait` seconds at most, and the next one follows after `pause` ms. */
export interface Pace {
  wait: number
  pause: number
}

export interface PollOptions<Answer> {
  /** null: nothing new. Rejects with a Problem. */
  request(wait: number, signal: AbortSignal): Promise<Answer | null>
  /** Of the next one. */
  pace(): Pace
  onAnswer(answer: Answer | null): void
  /** Once and last, unless closed from here. */
  onEnd(problem: Problem): void
  random: Random
}

/** Shorter than the silence after which a connection is asked whether it lives. */
export const LONG: Pace = { wait: 15, pause: 0 }
/** What an answer may take beyond the wait. */
export const PATIENCE = 10_000
const TRIES = 3
const TRY_AGAIN_AFTER = 250
/** A cache between that answers at once must not make a tight loop of it. */
const TOO_SOON = 300
const AFTER_TOO_SOON = 1_000

export class Poll<Answer> {
  #closed = false
  #abort = new AbortController()
  #hurry = false
  #wake: () => void = () => undefined

  constructor(private readonly options: PollOptions<Answer>) {
    void this.#run()
  }

  /** Ask now instead of waiting for the answer under way. */
  again(): void {
    this.#hurry = true
    this.#abort.abort()
    this.#wake()
  }

  close(): void {
    this.#closed = true
    this.#abort.abort()
    this.#wake()
  }

  async #run(): Promise<void> {
    const { request, onAnswer, onEnd, random } = this.options
    let failures = 0
    while (!this.#closed) {
      const abort = (this.#abort = new AbortController())
      const startedAt = Date.now()
      const wait = this.#hurry ? 0 : this.options.pace().wait
      this.#hurry = false
      try {
        const answer = await request(wait, abort.signal)
        if (this.#closed) return
        failures = 0
        onAnswer(answer)
        const { pause } = this.options.pace()
        if (pause > 0) await this.#pause(pause)
        else if (answer === null && wait > 0 && Date.now() - startedAt < TOO_SOON) await this.#pause(AFTER_TOO_SOON)
      } catch (error) {
        if (this.#closed) return
        if (abort.signal.aborted && this.#hurry) continue
        const problem = problemOf(error)
        failures++
        if (problem.code !== "unreachable" || failures > TRIES) {
          this.#closed = true
          onEnd(problem.code === "unreachable" ? unreachable(problem.message) : problem)
          return
        }
        await this.#pause(TRY_AGAIN_AFTER * 2 ** failures * (0.5 + random() / 2))
      }
    }
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
