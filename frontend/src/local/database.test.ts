import "fake-indexeddb/auto"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import * as Y from "yjs"
import { type KeptSummary, LocalDatabase, tooMany, wipe } from "./database"

let database: LocalDatabase
let user = 0

beforeEach(() => {
  database = new LocalDatabase(++user)
})
afterEach(async () => {
  await database.destroy()
  vi.restoreAllMocks()
})

const update = (text: string): Uint8Array => {
  const doc = new Y.Doc()
  doc.getText("t").insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}
const nothing = () => new Uint8Array([0, 0])
const save = (document: string, text = "text") => database.save(document, { update: update(text), whole: true }, () => update(text))
const ids = async () => (await database.summaries()).map(({ id }) => id).sort()

describe("what a browser keeps of a document", () => {
  it("is nothing at first", async () => {
    expect(await database.load("plan")).toBeUndefined()
    expect(await database.summaries()).toEqual([])
  })

  it("begins with everything, and grows by what is added", async () => {
    const [first, second] = [update("one"), update("two")]
    await database.save("plan", { update: nothing() }, () => first)
    await database.save("plan", { update: second, whole: true, mayEdit: false }, nothing)
    const kept = await database.load("plan")
    expect(kept!.rows.map((row) => row.update)).toEqual([first, second])
    expect(kept).toMatchObject({ whole: true, mayEdit: false, debts: [] })
    expect((await database.summaries())[0]!.bytes).toBe(first.byteLength + second.byteLength)
  })

  it("becomes one row, without those of other tabs being touched", async () => {
    const mine = [await save("plan", "a"), await save("plan", "b")].filter((row) => row !== undefined)
    const theirs = update("c")
    await database.save("plan", { update: theirs }, nothing)
    const all = update("ab")
    await database.replace("plan", mine, all)
    expect((await database.load("plan"))!.rows.map((row) => row.update)).toEqual([theirs, all])
    expect((await database.summaries())[0]!.bytes).toBe(theirs.byteLength + all.byteLength)
  })

  it("counts what is owed by page, and settles only what is still as it was read", async () => {
    await save("plan")
    await database.save("plan", { debt: { page: "a", edits: 2, stamp: 1 } }, nothing)
    await database.save("plan", { debt: { page: "b", edits: 3, stamp: 1 } }, nothing)
    expect(await database.unsent()).toEqual({ edits: 5, documents: 1 })
    const { debts } = (await database.load("plan"))!
    await database.save("plan", { debt: { page: "b", edits: 4, stamp: 2 } }, nothing)
    await database.save("plan", { settled: debts }, nothing)
    expect(await database.unsent()).toEqual({ edits: 4, documents: 1 })
    await database.save("plan", { debt: { page: "b", edits: 0, stamp: 3 } }, nothing)
    expect(await database.unsent()).toEqual({ edits: 0, documents: 0 })
  })

  it("is forgotten with all that belongs to it", async () => {
    await save("plan")
    await save("notes")
    await database.save("plan", { debt: { page: "a", edits: 2, stamp: 1 } }, nothing)
    await database.forget("plan")
    expect(await database.load("plan")).toBeUndefined()
    expect(await ids()).toEqual(["notes"])
    expect(await database.unsent()).toEqual({ edits: 0, documents: 0 })
  })

  it("is told to who lists it", async () => {
    let told = 0
    database.subscribe(() => told++)
    await save("plan")
    await database.keepOffline("plan", true)
    await database.forget("plan")
    expect(told).toBe(3)
  })
})

describe("two accounts in one browser", () => {
  it("see nothing of each other", async () => {
    await save("plan")
    const other = new LocalDatabase(++user)
    expect(await other.load("plan")).toBeUndefined()
    expect(await other.unsent()).toEqual({ edits: 0, documents: 0 })
    await other.destroy()
    expect(await ids()).toEqual(["plan"])
  })
})

describe("wiping", () => {
  it("leaves nothing, and the page that did it keeps nothing any more", async () => {
    await save("plan")
    await database.keepAnswer("queries", { some: "thing" })
    await database.destroy()
    await expect(save("plan")).rejects.toThrow()
    const again = new LocalDatabase(database.user)
    expect([await again.summaries(), await again.answer("queries")]).toEqual([[], undefined])
    await again.destroy()
  })

  it("doesn't wait for other tabs, which keep nothing from then on, either", async () => {
    await save("plan")
    await wipe(database.user)
    await expect(save("plan")).rejects.toThrow()
  })
})

describe("tidying", () => {
  const summary = (id: string, more: Partial<KeptSummary> = {}): KeptSummary => ({
    id, whole: true, mayEdit: true, keepOffline: false, openedAt: Number(id), bytes: 10, asOf: "", waiting: 0, ...more,
  })
  const few = { documents: 2, bytes: 1_000 }

  it("lets the longest unopened go first", () => {
    expect(tooMany([summary("3"), summary("1"), summary("4"), summary("2")], few)).toEqual(["1", "2"])
    expect(tooMany([summary("1"), summary("2")], few)).toEqual([])
  })

  it("lets go by size, too", () => {
    expect(tooMany([summary("1", { bytes: 600 }), summary("2", { bytes: 600 })], few)).toEqual(["1"])
  })

  it("never touches what waits for the server or was marked", () => {
    const all = [summary("1", { waiting: 1 }), summary("2", { keepOffline: true }), summary("3"), summary("4"), summary("5")]
    expect(tooMany(all, { documents: 0, bytes: 0 })).toEqual(["3", "4", "5"])
  })

  it("leaves alone what is open", async () => {
    await save("open")
    await save("closed")
    await database.tidy((id) => id === "open", { documents: 0, bytes: 0 })
    expect(await ids()).toEqual(["open"])
  })
})

it("makes room when there is none, and tries once more", async () => {
  await save("old")
  const add = IDBObjectStore.prototype.add
  let full = true
  vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(function (this: IDBObjectStore, ...given) {
    if (full) {
      full = false
      throw new DOMException("no room", "QuotaExceededError")
    }
    return add.apply(this, given as [unknown])
  })
  await save("new")
  expect(await ids()).toEqual(["new"])
})

it("says so where there is no IndexedDB", async () => {
  vi.stubGlobal("indexedDB", undefined)
  await expect(new LocalDatabase(99).load("plan")).rejects.toThrow("no IndexedDB")
  await expect(wipe(99)).resolves.toBeUndefined()
  vi.unstubAllGlobals()
})

it("opens the next time what could not be opened once", async () => {
  const open = vi.spyOn(IDBFactory.prototype, "open").mockImplementationOnce(() => {
    throw new DOMException("the disk is busy", "UnknownError")
  })
  await expect(save("plan")).rejects.toThrow("the disk is busy")
  await save("plan")
  expect(await ids()).toEqual(["plan"])
  expect(open).toHaveBeenCalledTimes(2)
})
