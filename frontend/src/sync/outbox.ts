import * as Y from "yjs"

/** More than this many frames under way are not sent; what is typed meanwhile waits, and leaves as one. */
export const WINDOW = 16
/** Merged frames stay under this, far below what the server takes. One edit larger than it goes alone. */
export const FRAME_BYTES = 256 * 1024

type UnderWay = { frame: number; edits: number; sentAt: number }

/**
 * What we did that the server hasn't acknowledged. Pure bookkeeping: it neither sends nor waits.
 *
 * The server's ack says "the first n Update and SyncStep2 frames of this connection are committed". So each such frame
 * has a number, and holds the edits that went with it until the ack reaches that number. When a connection ends nothing
 * is known of the frames under way: their edits are loose again. Bytes of loose edits aren't kept, for the document has
 * them, and the SyncStep2 that opens the next connection carries all that the server lacks: it covers every loose edit.
 */
export class Outbox {
  #loose = 0
  #unsent: Uint8Array[] = []
  #underWay: UnderWay[] = []
  /** Frames numbered on this connection, or null before its SyncStep2. */
  #numbered: number | null = null

  /** A local edit. */
  record(update: Uint8Array): void {
    if (this.#numbered === null) this.#loose++
    else this.#unsent.push(update)
  }

  /** Edits of a page before this one, whose bytes are in the document and whose acks were never seen. */
  inherit(edits: number): void {
    this.#loose += edits
  }

  /** A SyncStep2 with all that the server lacks is being sent. It covers every edit made until now. */
  coverAll(now: number): void {
    const edits = this.#loose + this.#unsent.length
    this.#loose = 0
    this.#unsent = []
    this.#number(edits, now)
  }

  /** The next update to send, numbered by being taken, or null when there is none or too much is under way. */
  take(now: number): Uint8Array | null {
    if (this.#numbered === null || this.#unsent.length === 0 || this.#underWay.length >= WINDOW) return null
    let count = 0
    let bytes = 0
    for (const update of this.#unsent) {
      bytes += update.byteLength
      if (count > 0 && bytes > FRAME_BYTES) break
      count++
    }
    const taken = this.#unsent.splice(0, count)
    this.#number(count, now)
    return taken.length === 1 ? taken[0]! : Y.mergeUpdates(taken)
  }

  acknowledge(frames: number): void {
    if (frames > (this.#numbered ?? 0)) throw new Error(`an ack of ${frames} frames, but ${this.#numbered ?? 0} were sent`)
    this.#underWay = this.#underWay.filter(({ frame }) => frame > frames)
  }

  /** The connection is gone, and with it every number. */
  loosen(): void {
    this.#loose = this.waiting
    this.#unsent = []
    this.#underWay = []
    this.#numbered = null
  }

  /** Local edits that aren't acknowledged. */
  get waiting(): number {
    return this.#underWay.reduce((sum, { edits }) => sum + edits, this.#loose + this.#unsent.length)
  }

  /** Nothing unacknowledged, a SyncStep2 without edits of this session neither. */
  get isEmpty(): boolean {
    return this.#underWay.length === 0 && this.waiting === 0
  }

  /** When the oldest frame without an ack left. */
  get waitingSince(): number | null {
    return this.#underWay[0]?.sentAt ?? null
  }

  #number(edits: number, now: number): void {
    this.#numbered = (this.#numbered ?? 0) + 1
    this.#underWay.push({ frame: this.#numbered, edits, sentAt: now })
  }
}
