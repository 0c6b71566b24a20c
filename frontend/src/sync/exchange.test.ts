import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { error, FakeHttp } from "./testing/http"
import { FakeServer } from "./testing/server"
import { Origin, Person, type PersonOptions } from "./testing/world"

let server: FakeServer
let http: FakeHttp
const people: Person[] = []

const settle = (ms = 500) => vi.advanceTimersByTimeAsync(ms)
const asked = (path: string) => http.asked.filter((request) => request.path === `/sync/d${path}`)

function join(options: PersonOptions): Person {
  const person = new Person(server, http, options)
  people.push(person)
  return person
}

beforeEach(() => {
  vi.useFakeTimers()
  server = new FakeServer()
  http = new FakeHttp(server)
})

afterEach(() => {
  for (const person of people.splice(0)) person.leave()
  http.awareness.destroy()
  vi.useRealTimers()
})

describe.each([["sse" as const], ["poll" as const]])("a document over %s", (kind) => {
  const only = { kinds: [kind] }

  it("brings what the server has, and then says that it is synced", async () => {
    server.committed.getText("t").insert(0, "before")
    const ann = join(only)
    let synced = false
    void ann.provider.whenSynced.then(() => (synced = true))
    await settle()
    expect(ann.text).toBe("before")
    expect(synced).toBe(true)
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    expect(ann.history).toEqual(["connecting", "saved"])
    expect(ann.provider.user?.name).toBe("Ann")
    expect(ann.transport).toBe(kind)
  })

  it("carries edits both ways, beside somebody on a socket", async () => {
    const [ann, ben, cleo] = [join(only), join(only), join({ kinds: ["websocket"] })]
    await settle()
    ann.type("a")
    await settle()
    cleo.type("c")
    await settle()
    ben.type("b")
    await settle()
    for (const person of [ann, ben, cleo]) {
      expect(person.text).toBe("acb")
      expect(person.status).toEqual({ kind: "saved", waiting: 0 })
    }
  })

  it("is saved with the commit, and not before", async () => {
    const ann = join(only)
    await settle()
    server.commitTime = 3000
    ann.type("hi")
    await settle(1000)
    expect(asked("/push")).toHaveLength(1)
    expect(ann.status).toEqual({ kind: "saving", waiting: 1 })
    await settle(3000)
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
  })

  it("sends one push after the other, and joins what is typed meanwhile", async () => {
    const ann = join(only)
    await settle()
    server.commitTime = 1000
    const before = asked("/push").length
    for (const letter of "abcdefgh") {
      ann.type(letter)
      await settle(10)
    }
    await settle(5000)
    expect(asked("/push").length - before).toBe(2)
    expect(server.committed.getText("t").toString()).toBe("abcdefgh")
  })

  it("sends again under the same key what may have arrived, and it arrives once", async () => {
    const [ann, ben] = [join(only), join(only)]
    await settle()
    http.loses = 1
    ann.type("once")
    await settle(100)
    http.loses = 0
    await settle(10_000)
    const keys = asked("/push").map(({ headers }) => headers.get("Idempotency-Key"))
    expect(keys.length).toBeGreaterThan(1)
    expect(new Set(keys).size).toBe(1)
    expect(server.log).toHaveLength(1)
    expect(ben.text).toBe("once")
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
  })

  it("shows people to each other, and takes them away when they leave", async () => {
    const [ann, ben] = [join(only), join(only)]
    await settle()
    ann.awareness.setLocalState({ at: 1 })
    ben.awareness.setLocalState({ at: 2 })
    await settle()
    expect(ann.others()).toEqual([{ at: 2 }])
    expect(ben.others()).toEqual([{ at: 1 }])
    people.splice(people.indexOf(ben), 1)
    ben.leave()
    await settle()
    expect(ann.others()).toEqual([])
  })

  it("sends of a moving caret where it is now, not where it was", async () => {
    const ann = join(only)
    await settle()
    const before = asked("/awareness").length
    for (let at = 0; at < 100; at++) {
      ann.awareness.setLocalState({ at })
      await settle(5)
    }
    await settle()
    expect(asked("/awareness").length - before).toBeLessThan(30)
    expect(http.awareness.getStates().get(ann.doc.clientID)).toEqual({ at: 99 })
  })

  it("goes on reading when an edit is refused, and shows that it isn't saved", async () => {
    const [ann, ben] = [join(only), join(only)]
    await settle()
    server.mayEdit = false
    ann.type("no")
    await settle()
    expect(ann.provider.readOnly).toBe(true)
    expect(ann.status).toEqual({ kind: "unsaved", waiting: 1 })
    server.mayEdit = true
    ben.type("yes")
    await settle()
    expect(ann.text).toContain("yes")
    // Nothing that is acknowledged later may make it look saved.
    expect(ann.status).toEqual({ kind: "unsaved", waiting: 1 })
  })

  it("syncs anew by itself when the server no longer has what its cursor stands on", async () => {
    const ann = join(only)
    await settle()
    const ben = join({ kinds: ["websocket"] })
    await settle()
    ann.type("a")
    await settle()
    http.epoch = 2
    http.cutStreams()
    ben.type("b")
    await settle(30_000)
    ann.type("c")
    await settle(5000)
    expect(ann.text).toBe("abc")
    expect(ben.text).toBe("abc")
    expect(ann.history).not.toContain("offline")
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    expect(ann.provider.cursor?.epoch).toBe(2)
  })

  it.each([
    [401, 4401, "signed-out"],
    [403, 4403, "forbidden"],
    [404, 4404, "gone"],
    [413, 4413, "too-large"],
    [426, 4426, "out-of-date"],
  ])("ends with the server's %i (%i): %s", async (status, code, reason) => {
    const ann = join(only)
    await settle()
    http.refuse = error(status, "so", code)
    ann.type("x")
    http.cutStreams()
    await settle(30_000)
    expect(ann.status).toMatchObject({ kind: "ended", reason, waiting: 1 })
  })

  it("doesn't take a proxy's 404 for the server's", async () => {
    http.refuse = new Response("<html>not here</html>", { status: 404 })
    const ann = join(only)
    await settle(5000)
    expect(ann.status.kind).not.toBe("ended")
    http.refuse = null
    await settle(20_000)
    expect(ann.status.kind).toBe("saved")
  })

  it("waits with the server while its database is away, and says so", async () => {
    const ann = join(only)
    await settle()
    server.setDatabase(false)
    ann.type("x")
    await settle(16_000)
    expect(ann.status).toEqual({ kind: "unsaved", waiting: 1 })
    server.setDatabase(true)
    await settle(16_000)
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
  })

  it("tries a push again that the server can't take now", async () => {
    const ann = join(only)
    await settle()
    http.refuse = error(503, "unavailable", 1013, { "Retry-After": "1" })
    ann.type("x")
    await settle(300)
    http.refuse = null
    await settle(3000)
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    expect(new Set(asked("/push").map(({ headers }) => headers.get("Idempotency-Key"))).size).toBe(1)
  })

  it("sends in pieces what a proxy refuses as a whole", async () => {
    const ann = join(only)
    await settle()
    http.bodyLimit = 2_000
    server.commitTime = 500
    for (let n = 0; n < 10; n++) {
      ann.type("x".repeat(500))
      await settle(10)
    }
    await settle(20_000)
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    expect(server.committed.getText("t").length).toBe(5000)
  })

  it.each([1, 2 ** 7, 2 ** 21, 2 ** 32 - 1])("sends in pieces what a proxy refuses just above the least it may, whoever wrote it (client %i)", async (client) => {
    const ann = join({ ...only, client })
    await settle()
    http.bodyLimit = 1_030
    server.commitTime = 500
    for (let n = 0; n < 40; n++) {
      ann.type("x".repeat(100 + n))
      await settle(10)
    }
    await settle(40_000)
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    expect(server.committed.getText("t").toString()).toBe(ann.text)
  })

  it("cuts up what was pasted at once, when a proxy refuses it as a whole", async () => {
    const ann = join(only)
    await settle()
    http.bodyLimit = 64 * 1024
    ann.type("0123456789".repeat(60_000))
    await settle(60_000)
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    expect(server.committed.getText("t").toString()).toBe(ann.text)
  })

  it("gives up what can't be cut, and keeps it here", async () => {
    const ann = join(only)
    await settle()
    http.bodyLimit = 500
    ann.doc.getMap("m").set("k", "x".repeat(60_000))
    await settle(60_000)
    expect(ann.status).toEqual({ kind: "ended", reason: "too-large", waiting: 1 })
  })

  it("notices a server that is gone, and comes back", async () => {
    const ann = join(only)
    await settle()
    server.reachable = false
    server.crash()
    ann.type("a")
    await settle(60_000)
    expect(ann.status).toMatchObject({ kind: "offline", waiting: 1 })
    server.reachable = true
    await settle(60_000)
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    expect(server.committed.getText("t").toString()).toBe("a")
  })

  it("sends what waits at once when the page is left, in a request that outlives it", async () => {
    const ann = join(only)
    await settle()
    server.commitTime = 2000
    ann.type("a")
    await settle(50)
    ann.type("b")
    ann.page.set(true)
    await settle(50)
    const last = asked("/push").at(-1)!
    expect(asked("/push")).toHaveLength(2)
    expect(last.body.byteLength).toBeGreaterThan(0)
    await settle(10_000)
    expect(server.committed.getText("t").toString()).toBe("ab")
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
  })
})

describe("a stream", () => {
  const only: PersonOptions = { kinds: ["sse"] }

  it("that ends quietly goes on from where it was, and nobody notices", async () => {
    const [ann, ben] = [join(only), join(only)]
    await settle()
    ann.awareness.setLocalState({ at: 1 })
    await settle(2000)
    for (let cut = 0; cut < 5; cut++) {
      http.cutStreams()
      ann.type(String(cut))
      await settle(3000)
    }
    expect(ben.text).toBe("01234")
    expect(ben.history).not.toContain("offline")
    expect(ben.others()).toEqual([{ at: 1 }, {}].slice(0, 1))
    expect(asked("").length).toBe(2)
    expect(asked("/events").at(-1)!.headers.get("Last-Event-ID")).toMatch(/^1\.[45]$/)
  })

  it("that is kept back is told apart from a network that is gone", async () => {
    http.streams = "buffered"
    const ann = join({ kinds: ["sse", "poll"] })
    await settle(6000)
    expect(ann.transport).toBe("poll")
    expect(ann.reason).toBe("stream_buffered")
    expect(ann.history).not.toContain("offline")
  })

  it("whose pings stop is asked for again, and given up when nothing comes", async () => {
    const ann = join({ kinds: ["sse", "poll"] })
    await settle()
    for (let n = 0; n < 4; n++) {
      await settle(15_000)
      http.ping()
    }
    expect(ann.transport).toBe("sse")
    http.streams = "buffered"
    await settle(40_000)
    expect(ann.transport).toBe("poll")
    ann.type("x")
    await settle()
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
  })

  it("ends with the close that the server says in it", async () => {
    const ann = join(only)
    await settle()
    http.closeStreams(4403, "no longer allowed")
    await settle()
    expect(ann.status).toMatchObject({ kind: "ended", reason: "forbidden" })
  })

  it("hears at its end that rights changed, and of them at its return", async () => {
    const ann = join(only)
    await settle()
    server.mayEdit = false
    http.closeStreams(4503, "rights changed, reconnect")
    await settle(2000)
    expect(ann.provider.readOnly).toBe(true)
    expect(ann.status.kind).toBe("saved")
  })
})

it("brings what was written without a right as soon as there is one, though the stream’s end didn’t tell of it", async () => {
  const [ann, ben] = [join({ kinds: ["sse"] }), join({ kinds: ["websocket"] })]
  await settle()
  server.mayEdit = false
  http.closeStreams(4503, "rights changed, reconnect")
  await settle(2000)
  expect(ann.provider.readOnly).toBe(true)
  server.mayEdit = true
  http.cutStreams()
  await settle(5000)
  expect(ann.provider.readOnly).toBe(false)
  ann.type("again")
  await settle(5000)
  expect(ben.text).toBe("again")
  expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
})

it.each(["sse", "poll"] as const)("opens a big document over %s on a slow line", async (kind) => {
  server.committed.getText("t").insert(0, "x".repeat(3000))
  http.bytesPerSecond = 100
  const ann = join({ kinds: [kind] })
  await settle(30_000)
  expect(ann.text).toBe("")
  await settle(30_000)
  expect(ann.text).toHaveLength(3000)
  expect(asked("")).toHaveLength(1)
  expect(ann.history).not.toContain("offline")
})

describe("several tabs of one browser", () => {
  it("hold three documents open, and the fourth asks briefly", async () => {
    const locks = new Origin()
    const tabs = [1, 2, 3, 4].map(() => join({ kinds: ["sse"], locks }))
    await settle(2000)
    expect(http.held).toBe(3)
    tabs[0]!.type("x")
    await settle(2500)
    expect(tabs.map(({ text }) => text)).toEqual(["x", "x", "x", "x"])
    expect(asked("/poll").every(({ search }) => search.get("wait") === "0")).toBe(true)
  })

  it("hold no more than three also when polling gives way to streams", async () => {
    const locks = new Origin()
    http.streams = "buffered"
    const tabs = [1, 2, 3, 4, 5].map(() => join({ kinds: ["sse", "poll"], locks }))
    await settle(60_000)
    expect(new Set(tabs.map(({ transport }) => transport))).toContain("poll")
    http.streams = "open"
    await settle(600_000)
    expect(tabs.map(({ transport }) => transport)).toEqual(["sse", "sse", "sse", "sse", "sse"])
    expect(http.held).toBe(3)
    tabs[4]!.type("x")
    await settle(3000)
    expect(tabs.map(({ text }) => text)).toEqual(["x", "x", "x", "x", "x"])
  })

  it("give their place to one that is looked at", async () => {
    const locks = new Origin()
    const tabs = [1, 2, 3, 4].map(() => join({ kinds: ["poll"], locks }))
    await settle(2000)
    expect(http.held).toBe(3)
    tabs[0]!.page.set(true)
    await settle(5000)
    expect(http.held).toBe(3)
    expect(locks.held.size).toBe(3)
    tabs[3]!.type("x")
    await settle(6000)
    expect(tabs[0]!.text).toBe("x")
    expect(tabs[0]!.history).not.toContain("offline")
  })
})
