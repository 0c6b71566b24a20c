import { type DBSchema, deleteDB, type IDBPDatabase, type IDBPTransaction, openDB } from "idb"
import type { Change, Debt, Kept, Shelf } from "../sync"

/** What is known of a document that this browser keeps. */
export interface KeptDocument {
  id: string
  whole: boolean
  /** As the server said last. */
  mayEdit: boolean
  /** Its owner wants it here, whatever else must go. */
  keepOffline: boolean
  /** When it was opened last, by this browser's clock. */
  openedAt: number
  bytes: number
  /** The document's `updated_at` when it was received last. */
  asOf: string
}

/** A document with what the lists need to know. */
export interface KeptSummary extends KeptDocument {
  /** Edits without an ack, of all pages. */
  waiting: number
}

interface Schema extends DBSchema {
  documents: { key: string; value: KeptDocument }
  updates: { key: number; value: { document: string; update: Uint8Array }; indexes: { document: string } }
  debts: { key: [document: string, page: string]; value: Debt & { document: string }; indexes: { document: string } }
  /** Answers of the API, for lists and headers. */
  answers: { key: string; value: unknown }
}

type Store = "documents" | "updates" | "debts" | "answers"
const ALL: Store[] = ["documents", "updates", "debts"]

/** Its number goes up when what is written here changes in a way that older pages can't read. */
const VERSION = 1
const PREFIX = "weft-user-"

/** One for each account, so that another one in the same browser neither sees nor sends what is in it. */
const nameFor = (user: number): string => `${PREFIX}${user}`

/** More than this is tidied away, the longest unopened first. What waits for the server and what is marked stays. */
export const DOCUMENTS = 50
export const BYTES = 200_000_000

/** Throws away all that this browser keeps of somebody. */
export async function wipe(user: number): Promise<void> {
  if (typeof indexedDB === "undefined") return
  await deleteDB(nameFor(user))
}

/** What of somebody's work is in this browser alone: how many edits, in how many documents. */
export interface Unsent {
  edits: number
  documents: number
}

/**
 * All that this browser keeps of one account, in IndexedDB. Opened at the first use; where there is no IndexedDB every
 * call rejects. Wiped by another tab, it stays closed: this page must not bring back what somebody threw away.
 */
export class LocalDatabase implements Shelf {
  readonly #listeners = new Set<() => void>()
  #database: Promise<IDBPDatabase<Schema>> | undefined
  #gone = false

  constructor(readonly user: number) {}

  async load(document: string): Promise<Kept | undefined> {
    const transaction = (await this.#open()).transaction(ALL, "readonly")
    const [entry, names, updates, debts] = await Promise.all([
      transaction.objectStore("documents").get(document),
      transaction.objectStore("updates").index("document").getAllKeys(document),
      transaction.objectStore("updates").index("document").getAll(document),
      transaction.objectStore("debts").index("document").getAll(document),
    ])
    if (!entry) return undefined
    const rows = updates.map(({ update }, at) => ({ name: names[at]!, update }))
    return { rows, debts: debts.filter(({ edits }) => edits > 0), whole: entry.whole, mayEdit: entry.mayEdit }
  }

  async save(document: string, change: Change, everything: () => Uint8Array): Promise<number | undefined> {
    try {
      return await this.#save(document, change, everything)
    } catch (error) {
      if (!isFull(error)) throw error
      await this.tidy(() => false, { documents: 1, bytes: 0, besides: document })
      return await this.#save(document, change, everything)
    }
  }

  async replace(document: string, rows: readonly number[], state: Uint8Array): Promise<number> {
    const transaction = (await this.#open()).transaction(ALL, "readwrite")
    return await settled(transaction, async () => {
      const documents = transaction.objectStore("documents")
      const updates = transaction.objectStore("updates")
      for (const row of rows) await updates.delete(row)
      const row = await updates.add({ document, update: state })
      const rest = await updates.index("document").getAll(document)
      const entry = (await documents.get(document)) ?? anEntry(document)
      await documents.put({ ...entry, bytes: rest.reduce((sum, { update }) => sum + update.byteLength, 0) })
      return row
    })
  }

  async forget(document: string): Promise<void> {
    const transaction = (await this.#open()).transaction(ALL, "readwrite")
    await settled(transaction, () => forgetIn(transaction, document))
    this.#tell()
  }

  async opened(document: string): Promise<void> {
    await this.#patch(document, { openedAt: Date.now() }, false)
  }

  async keepOffline(document: string, keepOffline: boolean): Promise<void> {
    await this.#patch(document, { keepOffline }, keepOffline)
    this.#tell()
  }

  async receivedAsOf(document: string, asOf: string): Promise<void> {
    await this.#patch(document, { asOf }, false)
  }

  async summaries(): Promise<KeptSummary[]> {
    const transaction = (await this.#open()).transaction(ALL, "readonly")
    const [documents, debts] = await Promise.all([transaction.objectStore("documents").getAll(), transaction.objectStore("debts").getAll()])
    const waiting = new Map<string, number>()
    for (const { document, edits } of debts) waiting.set(document, (waiting.get(document) ?? 0) + edits)
    return documents.map((document) => ({ ...document, waiting: waiting.get(document.id) ?? 0 }))
  }

  async unsent(): Promise<Unsent> {
    const waiting = (await this.summaries()).map(({ waiting }) => waiting).filter((count) => count > 0)
    return { edits: waiting.reduce((sum, count) => sum + count, 0), documents: waiting.length }
  }

  /** Lets go of what is beyond the bounds. What is open in another tab heals itself: its next `save` brings all of it. */
  async tidy(isOpen: (document: string) => boolean, bounds: { documents: number; bytes: number; besides?: string } = { documents: DOCUMENTS, bytes: BYTES }): Promise<void> {
    const all = await this.summaries()
    const leaving = tooMany(all, bounds).filter((id) => id !== bounds.besides && !isOpen(id))
    if (leaving.length === 0) return
    const transaction = (await this.#open()).transaction(ALL, "readwrite")
    await settled(transaction, async () => {
      for (const id of leaving) {
        const debts = await transaction.objectStore("debts").index("document").getAll(id)
        // Something may have been written since we looked.
        if (!debts.some(({ edits }) => edits > 0)) await forgetIn(transaction, id)
      }
    })
    this.#tell()
  }

  async answer(name: string): Promise<unknown> {
    return (await this.#open()).get("answers", name)
  }

  async keepAnswer(name: string, value: unknown): Promise<void> {
    await (await this.#open()).put("answers", value, name)
  }

  /** Calls back when a document comes, goes, or is marked; by this page. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Throws all of it away, for good: this page keeps nothing any more. */
  async destroy(): Promise<void> {
    const open = this.#database
    this.#gone = true
    await open?.then((database) => database.close()).catch(() => undefined)
    await wipe(this.user)
  }

  async #save(document: string, change: Change, everything: () => Uint8Array): Promise<number | undefined> {
    const transaction = (await this.#open()).transaction(ALL, "readwrite")
    const isNew = await settled(transaction, async () => {
      const documents = transaction.objectStore("documents")
      const debts = transaction.objectStore("debts")
      const found = await documents.get(document)
      const entry = found ?? anEntry(document)
      const hasRows = found !== undefined && found.bytes > 0
      const update = hasRows ? change.update : everything()
      const row = update && (await transaction.objectStore("updates").add({ document, update }))
      await documents.put({
        ...entry,
        whole: entry.whole || change.whole === true,
        mayEdit: change.mayEdit ?? entry.mayEdit,
        bytes: entry.bytes + (update?.byteLength ?? 0),
      })
      for (const debt of change.settled ?? []) {
        const now = await debts.get([document, debt.page])
        if (now?.stamp === debt.stamp) await debts.delete([document, debt.page])
      }
      if (change.debt) {
        if (change.debt.edits > 0) await debts.put({ ...change.debt, document })
        else await debts.delete([document, change.debt.page])
      }
      return { row, told: !found || (change.whole === true && !entry.whole) || change.debt !== undefined }
    })
    if (isNew.told) this.#tell()
    return isNew.row
  }

  async #patch(document: string, patch: Partial<KeptDocument>, make: boolean): Promise<void> {
    const transaction = (await this.#open()).transaction("documents", "readwrite")
    const entry = (await transaction.store.get(document)) ?? (make ? anEntry(document) : undefined)
    if (entry) await transaction.store.put({ ...entry, ...patch })
    await transaction.done
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    if (this.#gone) return Promise.reject(new Error("what this browser kept was thrown away"))
    if (this.#database === undefined) {
      const opening = (this.#database = this.#connect())
      // What failed once may succeed the next time: a full disk, a profile that was locked.
      opening.catch(() => {
        if (this.#database === opening) this.#database = undefined
      })
    }
    return this.#database
  }

  async #connect(): Promise<IDBPDatabase<Schema>> {
    if (typeof indexedDB === "undefined") throw new Error("this browser has no IndexedDB here")
    return await openDB<Schema>(nameFor(this.user), VERSION, {
      upgrade(database) {
        database.createObjectStore("documents", { keyPath: "id" })
        database.createObjectStore("updates", { autoIncrement: true }).createIndex("document", "document")
        database.createObjectStore("debts", { keyPath: ["document", "page"] }).createIndex("document", "document")
        database.createObjectStore("answers")
      },
      blocking: (_current, _wanted, event) => {
        // Another tab wipes it or a newer page changes it: neither should wait for us.
        this.#gone = true
        ;(event.target as IDBDatabase).close()
      },
      terminated: () => {
        this.#database = undefined
      },
    })
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/** Which to let go of: what nobody marked and nobody waits for, the longest unopened first, until both bounds hold. */
export function tooMany(all: readonly KeptSummary[], bounds: { documents: number; bytes: number }): string[] {
  const free = all.filter(({ keepOffline, waiting }) => !keepOffline && waiting === 0).toSorted((a, b) => a.openedAt - b.openedAt)
  let bytes = all.reduce((sum, each) => sum + each.bytes, 0)
  let count = free.length
  const leaving: string[] = []
  for (const each of free) {
    if (count <= bounds.documents && bytes <= bounds.bytes) break
    leaving.push(each.id)
    count--
    bytes -= each.bytes
  }
  return leaving
}

const anEntry = (id: string): KeptDocument => ({ id, whole: false, mayEdit: true, keepOffline: false, openedAt: Date.now(), bytes: 0, asOf: "" })

async function forgetIn(transaction: IDBPTransaction<Schema, Store[], "readwrite">, document: string): Promise<void> {
  const updates = transaction.objectStore("updates")
  const debts = transaction.objectStore("debts")
  for (const name of await updates.index("document").getAllKeys(document)) await updates.delete(name)
  for (const name of await debts.index("document").getAllKeys(document)) await debts.delete(name)
  await transaction.objectStore("documents").delete(document)
}

/** All or nothing: when a step throws, the others are taken back, and its error is the one that counts. */
async function settled<T>(transaction: IDBPTransaction<Schema, Store[], "readwrite">, steps: () => Promise<T>): Promise<T> {
  // Watched from the start: a transaction that aborts by itself would otherwise be an unhandled rejection.
  const done = transaction.done
  done.catch(() => undefined)
  try {
    const answer = await steps()
    await done
    return answer
  } catch (error) {
    try {
      transaction.abort()
    } catch {
      // It ended already.
    }
    throw transaction.error ?? error
  }
}

const isFull = (error: unknown): boolean => error instanceof DOMException && error.name === "QuotaExceededError"
