/**
 * Browsers open six connections to one host, all tabs together, over HTTP/1.1. A request that is held open for a document
 * takes one of them; a fourth such document must not leave the others unable to save. So there are three lanes, and who
 * has none asks briefly and often instead.
 */
import { alwaysVisible, type Page } from "./page"

/** Of the Web Locks, what is needed here. */
export interface Locks {
  request(name: string, options: { ifAvailable?: boolean; signal?: AbortSignal }, hold: (lock: unknown) => Promise<void> | undefined): Promise<unknown>
}

/** Whether one document may hold a request open. */
export interface Lane {
  readonly free: boolean
  readonly hidden: boolean
  /** Somebody needs it from now on, until the returned function is called. `onChange` tells that `free` or `hidden` did. */
  enter(onChange: () => void): () => void
}

const LANES = 3
const LOOK_AGAIN_AFTER = 3_000

/** Web Locks exist in secure contexts only. Without them every tab is on its own. */
export const browserLocks = (): Locks | null => (typeof navigator !== "undefined" && "locks" in navigator ? (navigator.locks as Locks) : null)

/** A hidden tab leaves its lane to those that are looked at. */
export function openLane(locks: Locks | null, page: Page = alwaysVisible): Lane {
  return new LockedLane(locks, page)
}

class LockedLane implements Lane {
  readonly #users = new Set<() => void>()
  #release: (() => void) | null = null
  #looking = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #unsubscribe: () => void = () => undefined

  constructor(
    private readonly locks: Locks | null,
    private readonly page: Page,
  ) {}

  get free(): boolean {
    return !this.page.hidden && (this.locks === null || this.#release !== null)
  }

  get hidden(): boolean {
    return this.page.hidden
  }

  enter(onChange: () => void): () => void {
    if (this.#users.size === 0) this.#unsubscribe = this.page.subscribe(() => this.#pageChanged())
    this.#users.add(onChange)
    void this.#look()
    return () => {
      this.#users.delete(onChange)
      if (this.#users.size > 0) return
      this.#unsubscribe()
      this.#giveBack()
    }
  }

  #pageChanged(): void {
    if (this.page.hidden) this.#giveBack()
    else void this.#look()
    this.#tell()
  }

  #giveBack(): void {
    clearTimeout(this.#timer)
    this.#release?.()
    this.#release = null
  }

  get #wanted(): boolean {
    return this.#users.size > 0 && !this.page.hidden && this.#release === null
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.locks === null || this.#looking || !this.#wanted) return
    this.#looking = true
    for (let lane = 1; lane <= LANES && this.#wanted; lane++) await this.#try(this.locks, `weft.lane.${lane}`)
    this.#looking = false
    if (this.#release !== null) this.#tell()
    else if (this.#wanted) this.#timer = setTimeout(() => void this.#look(), LOOK_AGAIN_AFTER)
  }

  /** Fulfilled when it is known whether the lane is ours; it is held on behind that. */
  #try(locks: Locks, name: string): Promise<void> {
    return new Promise((known) => {
      const hold = (lock: unknown) => {
        known()
        if (lock === null || !this.#wanted) return undefined
        return new Promise<void>((release) => {
          this.#release = release
        })
      }
      locks.request(name, { ifAvailable: true }, hold).catch(() => known())
    })
  }

  #tell(): void {
    for (const user of [...this.#users]) user()
  }
}
