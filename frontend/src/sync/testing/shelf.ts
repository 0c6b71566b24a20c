import * as Y from "yjs"
import type { Change, Debt, Kept, Shelf } from "../localCopy"

/** A browser's storage, in memory: each call takes a moment, happens as a whole or not at all, and can fail. */
export class MemoryShelf implements Shelf {
  readonly documents = new Map<string, { rows: Map<number, Uint8Array>; debts: Map<string, Debt>; whole: boolean; mayEdit: boolean }>()
  broken = false
  /** How many writes there were. */
  writes = 0
  #next = 1

  async load(document: string): Promise<Kept | undefined> {
    await this.#moment()
    const found = this.documents.get(document)
    if (!found) return undefined
    const rows = [...found.rows].map(([name, update]) => ({ name, update }))
    return { rows, debts: [...found.debts.values()], whole: found.whole, mayEdit: found.mayEdit }
  }

  async save(document: string, change: Change, everything: () => Uint8Array): Promise<number | undefined> {
    await this.#moment()
    this.writes++
    const found = this.documents.get(document)
    const entry = found ?? { rows: new Map<number, Uint8Array>(), debts: new Map<string, Debt>(), whole: false, mayEdit: true }
    this.documents.set(document, entry)
    entry.whole ||= change.whole === true
    entry.mayEdit = change.mayEdit ?? entry.mayEdit
    for (const debt of change.settled ?? []) {
      if (entry.debts.get(debt.page)?.stamp === debt.stamp) entry.debts.delete(debt.page)
    }
    if (change.debt) {
      if (change.debt.edits > 0) entry.debts.set(change.debt.page, change.debt)
      else entry.debts.delete(change.debt.page)
    }
    const update = found ? change.update : everything()
    if (!update) return undefined
    entry.rows.set(this.#next, update)
    return this.#next++
  }

  async replace(document: string, rows: readonly number[], state: Uint8Array): Promise<number> {
    await this.#moment()
    const entry = this.documents.get(document)!
    for (const row of rows) entry.rows.delete(row)
    entry.rows.set(this.#next, state)
    return this.#next++
  }

  async forget(document: string): Promise<void> {
    await this.#moment()
    this.documents.delete(document)
  }

  textOf(document: string): string {
    const doc = new Y.Doc()
    for (const update of this.documents.get(document)?.rows.values() ?? []) Y.applyUpdate(doc, update)
    return doc.getText("t").toString()
  }

  owedFor(document: string): number {
    return [...(this.documents.get(document)?.debts.values() ?? [])].reduce((sum, { edits }) => sum + edits, 0)
  }

  async #moment(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (this.broken) throw new Error("the disk is full")
  }
}
