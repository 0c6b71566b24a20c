import { afterEach, beforeEach, expect, it, vi } from "vitest"
import * as Y from "yjs"
import { FakeHttp } from "./testing/http"
import { seeded } from "./testing/random"
import { FakeServer } from "./testing/server"
import { Person, type PersonOptions } from "./testing/world"

const SEEDS = 60
const CLIENTS = 3

type Update = ReturnType<typeof Y.decodeUpdate>

/** What one client made, and whether the database has it. */
class Author extends Person {
  readonly made: Update[] = []
  /** Noted, not thrown: the provider would take an exception for a broken connection, and mend it. */
  readonly lies: string[] = []
  #committed = 0

  constructor(server: FakeServer, http: FakeHttp, options: PersonOptions) {
    super(server, http, options)
    this.doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== this.provider) this.made.push(Y.decodeUpdate(update))
      this.check()
    })
    this.provider.subscribe(() => this.check())
  }

  /** The promise: "saved" only when everything this client ever made is committed, and never a waiting edit uncounted. */
  check(): void {
    const { status, hasUnsavedChanges } = this.provider
    const open = this.made.slice(this.#committed).filter((update) => !includes(this.server.committed, update))
    if (open.length === 0) this.#committed = this.made.length
    if (status.kind === "saved" && open.length > 0) this.lies.push(`saved, but ${open.length} are not`)
    if (status.waiting < open.length) this.lies.push(`${status.waiting} waiting, but ${open.length} are not committed`)
    if (!hasUnsavedChanges && open.length > 0) this.lies.push("leaving would lose something, and it doesn't say so")
  }

  edit(): void {
    const { random } = this.server
    const text = this.doc.getText("t")
    const at = Math.floor(random() * (text.length + 1))
    const choice = random()
    if (choice < 0.6) text.insert(at, ["a", "bc", "é", "😀"][Math.floor(random() * 4)]!)
    else if (choice < 0.8 && at < text.length) text.delete(at, 1)
    else if (choice < 0.9) this.doc.getMap("m").set(["k", "l"][Math.floor(random() * 2)]!, Math.floor(random() * 100))
    else text.format(0, text.length, { bold: random() < 0.5 ? true : null })
  }
}

/** Everything `update` inserts and deletes is integrated in `doc`, not merely pending. */
function includes(doc: Y.Doc, { structs, ds }: Update): boolean {
  if (structs.some(({ id, length }) => Y.getState(doc.store, id.client) < id.clock + length)) return false
  const deleted = Y.createDeleteSetFromStructStore(doc.store)
  return [...ds.clients].every(([client, ranges]) =>
    ranges.every(({ clock, len }) => range(clock, len).every((at) => Y.isDeleted(deleted, Y.createID(client, at)))),
  )
}

const range = (from: number, length: number) => Array.from({ length }, (_, n) => from + n)

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const seeds = Array.from({ length: SEEDS }, (_, n) => n + 1)

it.each(seeds)("converges and calls nothing saved that isn't, over a network that breaks: seed %i", async (seed) => {
  const { server, authors, random, finish } = meet(seed, { kinds: ["websocket"] })
  for (let step = 0; step < 60; step++) {
    const luck = random()
    if (luck < 0.7) authors[Math.floor(random() * CLIENTS)]!.edit()
    else if (luck < 0.8) breakOne(server)
    else if (luck < 0.84) server.crash()
    else if (luck < 0.88) server.reachable = !server.reachable
    else if (luck < 0.92) server.setDatabase(server.databaseDown)
    else if (luck < 0.95) server.closeAll(1012, "restarting")
    server.commitTime = random() < 0.1 ? 6000 : random() * 20
    await vi.advanceTimersByTimeAsync(random() * 150)
  }
  await finish()
  for (const author of authors) expect(author.transport).toBe("websocket")
})

it.each(seeds)("converges and calls nothing saved that isn't, up and down the ladder: seed %i", async (seed) => {
  const { server, http, authors, random, finish } = meet(seed, {})
  const used = new Set<string>()
  for (let step = 0; step < 120; step++) {
    const luck = random()
    if (luck < 0.7) authors[Math.floor(random() * CLIENTS)]!.edit()
    else if (luck < 0.78) server.setSockets(pick(random, ["refused", "hanging", "swallowed", "open", "open"]))
    else if (luck < 0.82) http.streams = pick(random, ["open", "buffered"])
    else if (luck < 0.86) http.cutStreams()
    else if (luck < 0.88) http.loses = pick(random, [0, 0.3])
    else if (luck < 0.89) server.crash()
    else if (luck < 0.9) server.reachable = !server.reachable
    else if (luck < 0.91) server.setDatabase(server.databaseDown)
    else if (luck < 0.92) http.floor = server.log.length
    else if (luck < 0.94) authors[Math.floor(random() * CLIENTS)]!.page.set(random() < 0.3)
    else if (luck < 0.96) authors[Math.floor(random() * CLIENTS)]!.provider.reconnect()
    server.commitTime = random() < 0.1 ? 6000 : random() * 20
    await vi.advanceTimersByTimeAsync(random() < 0.1 ? random() * 8000 : random() * 200)
    for (const { transport } of authors) used.add(transport ?? "none")
  }
  server.setSockets("open")
  http.streams = "open"
  http.loses = 0
  for (const author of authors) author.page.set(false)
  await finish()
  // However it got here, it ends on the best.
  await vi.advanceTimersByTimeAsync(11 * 60_000)
  for (const author of authors) {
    expect(author.transport).toBe("websocket")
    author.check()
    expect(author.lies).toEqual([])
  }
  for (const kind of used) transportsUsed.add(kind)
})

it("went up and down indeed", () => {
  expect(transportsUsed).toEqual(new Set(["none", "websocket", "sse", "poll"]))
})

const transportsUsed = new Set<string>()

/** Three people in one document, and what must hold when the network is well again. */
function meet(seed: number, options: PersonOptions) {
  const random = seeded(seed)
  const server = new FakeServer(random, 5 + random() * 60)
  const http = new FakeHttp(server)
  const authors = Array.from({ length: CLIENTS }, (_, n) => new Author(server, http, { ...options, client: seed * 10 + n }))
  const finish = async () => {
    server.reachable = true
    server.commitTime = 1
    server.setDatabase(true)
    await vi.advanceTimersByTimeAsync(60_000)
    for (const author of authors) {
      author.check()
      expect(author.lies).toEqual([])
      expect(author.provider.status).toEqual({ kind: "saved", waiting: 0 })
      expect(content(author.doc)).toEqual(content(server.committed))
      expect(author.doc.store.pendingStructs).toBeNull()
    }
  }
  present.push(...authors)
  return { server, http, authors, random, finish }
}

const present: Author[] = []

afterEach(() => {
  for (const author of present.splice(0)) author.leave()
})

const pick = <Choice,>(random: () => number, choices: Choice[]): Choice => choices[Math.floor(random() * choices.length)]!

function breakOne(server: FakeServer): void {
  const lines = [...server.lines]
  lines[Math.floor(server.random() * lines.length)]?.end(1006, "")
}

const content = (doc: Y.Doc) => ({
  text: doc.getText("t").toDelta() as unknown,
  map: doc.getMap("m").toJSON(),
  stateVector: [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(([a], [b]) => a - b),
})
