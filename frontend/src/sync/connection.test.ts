import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { memoryOf, type Store } from "./memory"
import { FakeHttp } from "./testing/http"
import { FakeServer } from "./testing/server"
import { Person, type PersonOptions } from "./testing/world"

let server: FakeServer
let http: FakeHttp
const people: Person[] = []

const settle = (ms = 500) => vi.advanceTimersByTimeAsync(ms)

function join(options: PersonOptions = {}): Person {
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

describe("where WebSockets don't get through", () => {
  it.each([
    ["refused", "upgrade_blocked", 2_000],
    ["hanging", "upgrade_blocked", 5_000],
    ["swallowed", "frames_swallowed", 5_000],
  ] as const)("(%s) a stream does, and the reason is known: %s", async (sockets, reason, within) => {
    server.sockets = sockets
    const ann = join()
    await settle(within)
    expect(ann.transport).toBe("sse")
    expect(ann.reason).toBe(reason)
    expect(ann.history).toEqual(["connecting", "saved"])
  })

  it("nor streams, polling does, within ten seconds", async () => {
    server.sockets = "swallowed"
    http.streams = "buffered"
    const [ann, ben] = [join(), join()]
    await settle(10_000)
    expect([ann.transport, ann.reason]).toEqual(["poll", "stream_buffered"])
    ann.type("x")
    await settle()
    expect(ben.text).toBe("x")
    expect(ann.status.kind).toBe("saved")
  })

  it("is told to the server with the next request", async () => {
    server.sockets = "refused"
    join()
    await settle(3000)
    expect(http.asked.find(({ path }) => path === "/sync/d")!.search.get("reason")).toBe("upgrade_blocked")
  })

  it("is remembered for the next document", async () => {
    server.sockets = "hanging"
    const store = new Map<string, string>()
    const memory = memoryOf(storeOf(store), "https://weft.test")
    const ann = join({ memory })
    await settle(6000)
    expect(ann.transport).toBe("sse")
    const next = join({ memory })
    await settle(300)
    expect([next.transport, next.reason]).toEqual(["sse", "upgrade_blocked"])
    server.sockets = "open"
    await settle(60_000)
    expect(next.transport).toBe("websocket")
    expect(store.size).toBe(0)
  })
})

describe("when they get through again", () => {
  it("climbs, and nobody notices: neither status nor carets flicker", async () => {
    server.sockets = "refused"
    const [ann, ben] = [join(), join()]
    await settle(5000)
    ann.awareness.setLocalState({ at: 1 })
    ben.awareness.setLocalState({ at: 2 })
    await settle()
    const seen = new Set<string>()
    ann.awareness.on("update", () => seen.add(JSON.stringify(ann.others())))
    server.sockets = "open"
    await settle(60_000)
    expect([ann.transport, ben.transport]).toEqual(["websocket", "websocket"])
    expect([ann.reason, ben.reason]).toEqual([null, null])
    expect(ann.history).toEqual(["connecting", "saved"])
    expect(seen).toEqual(new Set(['[{"at":2}]']))
    ann.type("x")
    await settle()
    expect(ben.text).toBe("x")
  })

  it("climbs at once when the browser says that the network changed, or somebody looks at the page again", async () => {
    server.sockets = "refused"
    const ann = join()
    await settle(200_000)
    server.sockets = "open"
    ann.wifi.set(true)
    await settle(300)
    expect(ann.transport).toBe("websocket")
    server.setSockets("refused")
    await settle(200_000)
    expect(ann.transport).toBe("sse")
    server.sockets = "open"
    ann.page.set(true)
    ann.page.set(false)
    await settle(300)
    expect(ann.transport).toBe("websocket")
  })

  it("climbs at once when asked to", async () => {
    server.sockets = "refused"
    const ann = join()
    await settle(200_000)
    server.sockets = "open"
    ann.provider.reconnect()
    await settle(300)
    expect(ann.transport).toBe("websocket")
  })

  it("climbs from polling to a stream, if no further", async () => {
    server.sockets = "refused"
    http.streams = "buffered"
    const ann = join()
    await settle(10_000)
    expect(ann.transport).toBe("poll")
    http.streams = "open"
    await settle(60_000)
    expect([ann.transport, ann.reason]).toEqual(["sse", "upgrade_blocked"])
    expect(ann.history).not.toContain("offline")
  })

  it("keeps what works while the better one fails its trials", async () => {
    server.sockets = "refused"
    http.streams = "buffered"
    const ann = join()
    await settle(10_000)
    server.sockets = "swallowed"
    for (let edit = 0; edit < 20; edit++) {
      ann.type("x")
      await settle(6000)
      expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    }
    expect(ann.transport).toBe("poll")
    expect(ann.history).not.toContain("offline")
  })

  it("loses and doubles nothing of what is typed while it switches", async () => {
    server.sockets = "refused"
    const [ann, ben] = [join(), join()]
    await settle(20_000)
    server.commitTime = 300
    server.sockets = "open"
    ann.provider.reconnect()
    for (let n = 0; n < 50; n++) {
      ann.type(String(n % 10))
      await settle(10)
    }
    await settle(2000)
    expect(ann.transport).toBe("websocket")
    expect(ben.text).toBe("0123456789".repeat(5))
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
  })
})

describe("when nothing gets through", () => {
  it("stays at the top, and is back on a WebSocket as soon as there is a network", async () => {
    server.reachable = false
    const ann = join()
    await settle(90_000)
    expect(ann.reason).toBe("server_unreachable")
    server.reachable = true
    await settle(40_000)
    expect(ann.transport).toBe("websocket")
    expect(ann.reason).toBeNull()
  })

  it("says offline when the browser does", async () => {
    const ann = join()
    await settle()
    server.reachable = false
    server.crash()
    ann.wifi.set(false)
    await settle(20_000)
    expect([ann.reason, ann.transport]).toEqual(["offline", null])
  })

  it("blames a restarting server, and not the network", async () => {
    const ann = join()
    await settle()
    server.refuse = { code: 1012, reason: "restarting" }
    server.closeAll(1012, "restarting")
    await settle(10_000)
    expect(ann.reason).toBe("restarting")
    server.refuse = null
    await settle(20_000)
    expect([ann.reason, ann.transport]).toEqual([null, "websocket"])
  })

  it("names what ended it", async () => {
    const ann = join()
    await settle()
    server.closeAll(4401, "signed out")
    await settle()
    expect(ann.reason).toBe("signed_out")
  })

  it("names a database that is away", async () => {
    const ann = join()
    await settle()
    server.setDatabase(false)
    await settle()
    expect([ann.reason, ann.transport]).toEqual(["database_down", "websocket"])
    server.setDatabase(true)
    await settle()
    expect(ann.reason).toBeNull()
  })
})

it("doesn't show a gap when a socket that is cut every half minute gives way to a stream", async () => {
  const ann = join()
  for (let cut = 0; cut < 3; cut++) {
    await settle(30_000)
    server.closeAll(1006)
  }
  const offline = ann.history.filter((kind) => kind === "offline").length
  await settle(5000)
  expect([ann.transport, ann.reason]).toEqual(["sse", "connection_cut"])
  expect(ann.history.filter((kind) => kind === "offline")).toHaveLength(offline)
})

const storeOf = (entries: Map<string, string>): Store => ({
  getItem: (key) => entries.get(key) ?? null,
  setItem: (key, value) => void entries.set(key, value),
  removeItem: (key) => void entries.delete(key),
})
