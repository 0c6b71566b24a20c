import * as Y from "yjs"

/**
 * Where a browser keeps documents: the port. `local/` implements it with IndexedDB.
 *
 * - Each call is one transaction: it happened as a whole once its promise is fulfilled, and not at all when it rejects.
 * - Calls of several tabs are ordered somehow; none waits for a tab that is asleep.
 */
export interface Shelf {
  /** What is kept of a document, or undefined. */
  load(document: string): Promise<Kept | undefined>
  /**
   * Adds to what is kept. When nothing is (a first visit, or it was tidied away meanwhile) `everything` is kept instead
   * of `update`, which alone might build on what is missing. Answers with the new row's name, if there is one.
   */
  save(document: string, change: Change, everything: () => Uint8Array): Promise<number | undefined>
  /** Puts `state` in the place of the rows that it contains. Answers with its name. */
  replace(document: string, rows: readonly number[], state: Uint8Array): Promise<number>
  forget(document: string): Promise<void>
}

export interface Kept {
  rows: { name: number; update: Uint8Array }[]
  /** Edits that no ack was seen for, by the page that made them. That page may be gone, or another tab. */
  debts: Debt[]
  /** It was received in full once. Else it is a beginning that nobody should be shown as the document. */
  whole: boolean
  /** As the server said last. */
  mayEdit: boolean
}

export interface Debt {
  page: string
  edits: number
  /** Grows with each change, so that who settles it can tell whether it is still what they read. */
  stamp: number
}

export interface Change {
  update?: Uint8Array
  whole?: true
  mayEdit?: boolean
  /** Replaces what this page owed before; without edits it owes nothing. */
  debt?: Debt
  /** Gone, unless they changed since they were read. */
  settled?: readonly Debt[]
}

export type LocalState =
  | "loading"
  /** Everything that was recorded is kept, or will be in a moment. */
  | "kept"
  /** It can't be kept: no storage (private windows of some browsers), no room, or thrown away under our hands. */
  | "failed"

/** What isn't ours to lose (others' edits, acks) may gather this long; our own edits don't wait. */
const GATHER_MS = 300
/** IndexedDB may never answer: blocked by an old tab, or broken. The network is faster than this. */
const LOADS_WITHIN_MS = 4_000
/** So many rows are worth one. */
const ROWS = 200

/**
 * One document's copy in this browser, as one page writes it: what came, what was made here, and how many of our edits
 * the server owes us an ack for.
 *
 * Written as the server writes its log: one transaction at a time, and what gathers meanwhile goes into the next. Never
 * throws and never rejects; when keeping fails it says so and stops, and the provider goes on without.
 */
export class LocalCopy {
  readonly #page = Math.random().toString(36).slice(2)
  readonly #listeners = new Set<() => void>()
  #state: LocalState = "loading"
  #rows: number[] = []
  #inherited: Debt[] = []
  /** Our own edits without an ack; what of them is in #updates isn't kept yet. */
  #owed = 0
  #owedAsKept = 0
  #stamp = 0
  #updates: Uint8Array[] = []
  #unkeptEdits = 0
  /** What else is to be written. */
  #change: Pick<Change, "whole" | "mayEdit" | "settled"> = {}
  #timer: ReturnType<typeof setTimeout> | undefined
  #writing: Promise<void> | null = null
  #whole = false
  #mayEdit: boolean | undefined
  #closed = false

  constructor(
    private readonly doc: Y.Doc,
    private readonly document: string,
    private readonly shelf: Shelf,
  ) {}

  get state(): LocalState {
    return this.#state
  }

  /** Edits of earlier pages and of other tabs that no ack was seen for. */
  get inherited(): number {
    return this.#inherited.reduce((sum, { edits }) => sum + edits, 0)
  }

  /** Whether all our edits would survive the end of this page. */
  get holdsAll(): boolean {
    return this.#state === "kept" && this.#unkeptEdits === 0
  }

  /** Into the document, with this copy as the origin. Answers with what there was. */
  async load(): Promise<Pick<Kept, "whole" | "mayEdit"> | undefined> {
    try {
      const kept = await within(LOADS_WITHIN_MS, this.shelf.load(this.document))
      if (this.#closed) return undefined
      if (kept) {
        this.#rows = kept.rows.map(({ name }) => name)
        this.#inherited = kept.debts
        this.#whole = kept.whole
        this.#mayEdit = kept.mayEdit
        this.doc.transact(() => {
          for (const { update } of kept.rows) Y.applyUpdate(this.doc, update, this)
        }, this)
      }
      this.#become("kept")
      this.#writeSoon(this.#unkeptEdits > 0)
      return kept
    } catch (error) {
      this.#fail(error)
      return undefined
    }
  }

  record(update: Uint8Array, own: boolean): void {
    if (this.#state === "failed" || this.#closed) return
    this.#updates.push(update)
    if (own) this.#unkeptEdits++
    this.#writeSoon(own)
  }

  /** So many of our own edits, those of this page, have no ack. */
  owes(edits: number): void {
    this.#owed = edits
    if (edits !== this.#owedAsKept) this.#writeSoon(false)
  }

  /** The server has everything that was here when the page opened. */
  settle(): void {
    if (this.#inherited.length === 0) return
    this.#change.settled = this.#inherited
    this.#inherited = []
    this.#writeSoon(false)
  }

  isWhole(): void {
    if (this.#whole) return
    this.#whole = this.#change.whole = true
    // From now on there is something to open without a network.
    this.#writeSoon(true)
  }

  rightsAre(mayEdit: boolean): void {
    if (mayEdit === this.#mayEdit) return
    this.#mayEdit = this.#change.mayEdit = mayEdit
    this.#writeSoon(false)
  }

  /** Calls back when `state` changed. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Fulfilled when all that was recorded until now is kept, or can't be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#write()
  }

  /** Nothing is recorded any more; what was, is still written. */
  close(): void {
    void this.flush()
    this.#closed = true
    this.#listeners.clear()
  }

  /** The document isn't ours any more, or its edits are given up. */
  async forget(): Promise<void> {
    clearTimeout(this.#timer)
    this.#closed = true
    this.#state = "failed"
    await this.#writing
    await this.shelf.forget(this.document).catch(() => undefined)
  }

  #writeSoon(now: boolean): void {
    if (this.#state !== "kept" || this.#closed) return
    if (now) void this.flush()
    else this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS)
  }

  /** One at a time: who comes while one is written waits for it and for the next. */
  async #write(): Promise<void> {
    while (this.#state === "kept" && this.#hasNews()) {
      this.#writing ??= this.#writeOnce().finally(() => {
        this.#writing = null
      })
      await this.#writing
    }
  }

  #hasNews(): boolean {
    return this.#updates.length > 0 || this.#owed !== this.#owedAsKept || Object.keys(this.#change).length > 0
  }

  async #writeOnce(): Promise<void> {
    const updates = this.#updates.splice(0)
    const edits = this.#unkeptEdits
    const owed = this.#owed
    // Both are told each time: what was kept may have been tidied away, and begins anew with this.
    const change: Change = { ...this.#change, ...(this.#whole && { whole: true }), ...(this.#mayEdit !== undefined && { mayEdit: this.#mayEdit }) }
    this.#change = {}
    if (updates.length > 0) change.update = updates.length === 1 ? updates[0]! : Y.mergeUpdates(updates)
    if (owed !== this.#owedAsKept) change.debt = { page: this.#page, edits: owed, stamp: ++this.#stamp }
    try {
      const row = await this.shelf.save(this.document, change, () => Y.encodeStateAsUpdate(this.doc))
      if (row !== undefined) this.#rows.push(row)
      this.#owedAsKept = owed
      this.#unkeptEdits -= edits
      // The document holds every row we know of, and more; rows of other tabs aren't among them and stay.
      if (this.#rows.length > ROWS) this.#rows = [await this.shelf.replace(this.document, this.#rows, Y.encodeStateAsUpdate(this.doc))]
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    console.warn("Weft can’t keep this document in the browser.", error)
    clearTimeout(this.#timer)
    this.#updates = []
    this.#become("failed")
  }

  #become(state: LocalState): void {
    this.#state = state
    this.#tell()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the browser’s storage doesn’t answer")), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
