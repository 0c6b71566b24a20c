import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { Awareness } from "y-protocols/awareness"
import * as Y from "yjs"
import { alwaysOnline } from "./network"
import { WeftProvider } from "./provider"
import { seeded } from "./testing/random"
import { FakeServer } from "./testing/server"
import { MemoryShelf } from "./testing/shelf"

let server: FakeServer
let shelf: MemoryShelf
const pages = new Set<Page>()

/** One tab with the document open. */
class Page {
  readonly doc = new Y.Doc()
  readonly awareness = new Awareness(this.doc)
  readonly provider: WeftProvider
  readable = false
  synced = false

  constructor() {
    const { open, random } = server
    this.provider = new WeftProvider(this.doc, this.awareness, { url: "wss://weft.test/ws/y", documentId: "d", transport: open, shelf, random, network: alwaysOnline })
    void this.provider.whenReadable.then(() => (this.readable = true))
    void this.provider.whenSynced.then(() => (this.synced = true))
    pages.add(this)
  }

  type(text: string): void {
    this.doc.getText("t").insert(this.text.length, text)
  }

  get text(): string {
    return this.doc.getText("t").toString()
  }

  get status() {
    return this.provider.status
  }

  close(): void {
    pages.delete(this)
    this.provider.destroy()
    this.awareness.destroy()
    this.doc.destroy()
  }
}

const settle = (ms = 1_000) => vi.advanceTimersByTimeAsync(ms)
const committed = () => server.committed.getText("t").toString()

function goAway(): void {
  server.reachable = false
  server.crash()
}

async function comeBack(): Promise<void> {
  server.reachable = true
  await settle(20_000)
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(console, "warn").mockImplementation(() => undefined)
  server = new FakeServer()
  shelf = new MemoryShelf()
})

afterEach(() => {
  for (const page of pages) page.close()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe("a document that this browser keeps", () => {
  it("opens from the copy, before there is a network, and doesn't call that saved", async () => {
    server.committed.getText("t").insert(0, "before")
    new Page()
    await settle()
    for (const page of pages) page.close()
    server.reachable = false
    const page = new Page()
    await settle(50)
    expect(page.text).toBe("before")
    expect([page.readable, page.synced]).toEqual([true, false])
    expect(page.status.kind).not.toBe("saved")
    await comeBack()
    expect([page.synced, page.status.kind]).toEqual([true, "saved"])
  })

  it("is nothing to show as long as it never came in full", async () => {
    server.reachable = false
    const page = new Page()
    page.type("into the void")
    await settle()
    page.close()
    const next = new Page()
    await settle()
    expect(next.readable).toBe(false)
    expect(next.status.waiting).toBe(1)
  })

  it("still counts what waits after the page was loaded again, until the server has it, once", async () => {
    const first = new Page()
    await settle()
    goAway()
    first.type("a")
    first.type("b")
    await settle()
    first.close()
    const second = new Page()
    await settle()
    expect(second.status).toMatchObject({ kind: "offline", waiting: 2 })
    second.type("c")
    await settle()
    expect(second.status.waiting).toBe(3)
    second.close()
    const third = new Page()
    await settle()
    expect(third.status.waiting).toBe(3)
    await comeBack()
    expect(third.status).toEqual({ kind: "saved", waiting: 0 })
    expect(committed()).toBe("abc")
    expect(shelf.owedFor("d")).toBe(0)
  })

  it("owes nothing more once an ack came, though more of it was typed meanwhile", async () => {
    const page = new Page()
    await settle()
    for (const letter of "saved by and by") {
      page.type(letter)
      await settle(7)
    }
    await settle()
    expect(shelf.owedFor("d")).toBe(0)
    expect(shelf.textOf("d")).toBe("saved by and by")
    page.close()
    expect(new Page().status.waiting).toBe(0)
  })

  it("keeps what others wrote, too", async () => {
    const [ann, ben] = [new Page(), new Page()]
    await settle()
    ben.type("from Ben")
    await settle()
    ann.close()
    ben.close()
    expect(shelf.textOf("d")).toBe("from Ben")
  })

  it("is safe to leave once an edit is kept, and not before", async () => {
    const page = new Page()
    await settle()
    goAway()
    page.type("a")
    expect(page.provider.atRisk).toBe(1)
    await settle(50)
    expect(page.provider.atRisk).toBe(0)
    expect(page.provider.hasUnsavedChanges).toBe(true)
  })

  it("writes what gathers while it writes in one go", async () => {
    const page = new Page()
    await settle()
    const before = shelf.writes
    for (let edit = 0; edit < 100; edit++) page.type("x")
    await settle()
    expect(shelf.writes - before).toBeLessThan(6)
    expect(shelf.textOf("d")).toBe("x".repeat(100))
  })

  it("becomes one row now and then", async () => {
    const page = new Page()
    await settle()
    for (let edit = 0; edit < 450; edit++) {
      page.type("x")
      await settle(5)
    }
    await settle()
    expect(shelf.documents.get("d")!.rows.size).toBeLessThan(210)
    expect(shelf.textOf("d")).toBe("x".repeat(450))
  })

  it("comes back in full when it was tidied away under an open page", async () => {
    const page = new Page()
    page.type("one")
    await settle()
    await Promise.all([shelf.forget("d"), settle()])
    page.type(" two")
    await settle()
    expect(shelf.textOf("d")).toBe("one two")
    expect(shelf.documents.get("d")!.whole).toBe(true)
  })

  it("stays read-only for who may only read, without asking the server", async () => {
    server.mayEdit = false
    const online = new Page()
    await settle()
    online.close()
    server.reachable = false
    const page = new Page()
    await settle()
    expect(page.provider.readOnly).toBe(true)
  })

  it("keeps edits that the server refuses, until somebody gives them up", async () => {
    const page = new Page()
    await settle()
    goAway()
    page.type("too late")
    await settle()
    server.mayEdit = false
    await comeBack()
    expect(page.status).toMatchObject({ kind: "unsaved", waiting: 1 })
    page.close()
    const next = new Page()
    await settle(10_000)
    expect(next.status).toMatchObject({ kind: "unsaved", waiting: 1 })
    await Promise.all([next.provider.forget(), settle()])
    expect(shelf.documents.size).toBe(0)
    expect(committed()).toBe("")
  })
})

describe("two tabs with one document", () => {
  it("don't settle each other's debts", async () => {
    const first = new Page()
    await settle()
    goAway()
    first.type("first")
    await settle()
    // The second sees what the first owes, and the first goes on.
    const second = new Page()
    await settle()
    expect(second.status.waiting).toBe(1)
    first.type(" again")
    await settle()
    first.close()
    await comeBack()
    expect(second.status.kind).toBe("saved")
    // What the first wrote later wasn't in the second's copy: it is still owed, and the next page brings it.
    expect(committed()).toBe("first")
    expect(shelf.owedFor("d")).toBe(2)
    second.close()
    const third = new Page()
    await settle()
    expect(committed()).toBe("first again")
    expect([third.status.kind, shelf.owedFor("d")]).toEqual(["saved", 0])
  })
})

describe("a browser that can't keep anything", () => {
  it("works all the same, and says that edits are only in the page", async () => {
    shelf.broken = true
    const page = new Page()
    await settle()
    expect(page.status.kind).toBe("saved")
    expect(page.provider.keepsEdits).toBe(false)
    goAway()
    page.type("a")
    await settle()
    expect(page.provider.atRisk).toBe(1)
    await comeBack()
    expect(committed()).toBe("a")
  })

  it("says so when its room runs out in the middle", async () => {
    const page = new Page()
    await settle()
    expect(page.provider.keepsEdits).toBe(true)
    goAway()
    shelf.broken = true
    page.type("a")
    await settle()
    expect([page.provider.keepsEdits, page.provider.atRisk]).toEqual([false, 1])
  })

  it("is not waited for when its storage never answers", async () => {
    shelf.load = () => new Promise(() => undefined)
    const page = new Page()
    await settle(6_000)
    expect(page.status.kind).toBe("saved")
    expect(page.provider.keepsEdits).toBe(false)
  })
})

it("loses and doubles nothing, whatever the order of typing, breaking, closing and opening", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom("type", "break", "return", "close", "wait"), { maxLength: 25 }), fc.integer(), async (steps, seed) => {
      server = new FakeServer(seeded(seed))
      shelf = new MemoryShelf()
      let page = new Page()
      // Only what somebody could see and write.
      await settle()
      let letters = 0
      for (const step of steps) {
        if (step === "type") page.type(`${letters++},`)
        else if (step === "break") goAway()
        else if (step === "return") server.reachable = true
        else if (step === "wait") await settle(700)
        else {
          await settle(20)
          page.close()
          page = new Page()
          await settle(20)
        }
      }
      await comeBack()
      await settle(20_000)
      const wanted = Array.from({ length: letters }, (_, letter) => `${letter},`).join("")
      expect(page.status).toEqual({ kind: "saved", waiting: 0 })
      expect([page.text, committed(), shelf.textOf("d")]).toEqual([wanted, wanted, wanted])
      expect(shelf.owedFor("d")).toBe(0)
      page.close()
    }),
    { numRuns: 60 },
  )
}, 60_000)
