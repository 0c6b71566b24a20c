import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { Awareness } from "y-protocols/awareness"
import * as Y from "yjs"
import type { Network } from "./network"
import { encodeNotice } from "./protocol"
import { WeftProvider } from "./provider"
import { FakeServer } from "./testing/server"

class Wifi implements Network {
  online = true
  #listeners = new Set<() => void>()
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  set(online: boolean): void {
    this.online = online
    for (const listener of this.#listeners) listener()
  }
}

class Client {
  readonly doc = new Y.Doc()
  readonly awareness = new Awareness(this.doc)
  readonly wifi = new Wifi()
  readonly provider: WeftProvider
  readonly history: string[] = []

  constructor(server: FakeServer) {
    this.provider = new WeftProvider(this.doc, this.awareness, {
      url: "https://weft.test",
      documentId: "d",
      transport: server.open,
      network: this.wifi,
      random: server.random,
    })
    this.provider.subscribe(() => {
      const { kind } = this.provider.status
      if (this.history.at(-1) !== kind) this.history.push(kind)
    })
  }

  type(text: string): void {
    this.doc.getText("t").insert(this.doc.getText("t").length, text)
  }

  get text(): string {
    return this.doc.getText("t").toString()
  }

  get status() {
    return this.provider.status
  }

  states(): unknown[] {
    return [...this.awareness.getStates()].filter(([client]) => client !== this.doc.clientID).map(([, state]) => state)
  }
}

const clients: Client[] = []
let server: FakeServer

function join(): Client {
  const client = new Client(server)
  clients.push(client)
  return client
}

const settle = (ms = 500) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  server = new FakeServer()
})

afterEach(() => {
  for (const client of clients.splice(0)) {
    client.provider.destroy()
    client.awareness.destroy()
    client.doc.destroy()
  }
  vi.useRealTimers()
})

describe("syncing", () => {
  it("brings what the server has, and then says that it is synced", async () => {
    server.committed.getText("t").insert(0, "before")
    const ann = join()
    let synced = false
    void ann.provider.whenSynced.then(() => (synced = true))
    expect(ann.status).toEqual({ kind: "connecting", waiting: 0 })
    await settle()
    expect(ann.text).toBe("before")
    expect(synced).toBe(true)
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    expect(ann.history).toEqual(["connecting", "saved"])
    expect(ann.provider.cursor).toEqual({ epoch: 1, seq: 1 })
    expect(ann.provider.user?.name).toBe("Ann")
  })

  it("carries edits to the others, and is saved only with the ack", async () => {
    const [ann, ben] = [join(), join()]
    await settle()
    server.acknowledges = false
    ann.type("hi")
    expect(ann.status).toEqual({ kind: "saving", waiting: 1 })
    await settle()
    expect(ben.text).toBe("hi")
    expect(ann.status).toEqual({ kind: "saving", waiting: 1 })
    server.acknowledges = true
    ann.type("!")
    await settle()
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    expect(ben.text).toBe("hi!")
  })

  it("stays connected when somebody who listens fails", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined)
    const [ann, ben] = [join(), join()]
    await settle()
    ann.provider.subscribe(() => {
      throw new Error("too many renders")
    })
    const lines = server.lines.size
    ben.type("hi")
    ann.type("there")
    await settle()
    expect(ann.status.kind).toBe("saved")
    expect(ann.text).toBe(ben.text)
    expect(server.lines.size).toBe(lines)
    expect(error).toHaveBeenCalled()
    error.mockRestore()
  })

  it("sends what was made before there was a connection", async () => {
    const ann = join()
    ann.type("early")
    expect(ann.status).toEqual({ kind: "connecting", waiting: 1 })
    expect(ann.provider.hasUnsavedChanges).toBe(true)
    await settle()
    expect(server.committed.getText("t").toString()).toBe("early")
    expect(ann.status.kind).toBe("saved")
    expect(server.heard).not.toContain("update")
  })

  it("delivers edits made while away once, and counts them until they are committed", async () => {
    const [ann, ben] = [join(), join()]
    await settle()
    server.reachable = false
    server.crash()
    ann.type("a")
    ann.type("b")
    await settle()
    expect(ann.status).toMatchObject({ kind: "offline", waiting: 2 })
    expect(ann.provider.hasUnsavedChanges).toBe(true)
    server.reachable = true
    await settle(20_000)
    expect(ann.status).toEqual({ kind: "saved", waiting: 0 })
    expect(ben.text).toBe("ab")
  })

  it("doesn't believe an edit saved whose ack was lost with the connection", async () => {
    const ann = join()
    await settle()
    server.acknowledges = false
    ann.type("a")
    await settle()
    server.reachable = false
    server.crash()
    expect(ann.status).toMatchObject({ kind: "offline", waiting: 1 })
    server.acknowledges = true
    server.reachable = true
    await settle(20_000)
    expect(ann.status.kind).toBe("saved")
    expect(ann.text).toBe("a")
  })

  it("answers a server that asks again, because its history was replaced", async () => {
    const ann = join()
    await settle()
    ann.type("kept")
    await settle()
    const [line] = server.lines
    const { encodeSyncStep1 } = await import("./protocol")
    line!.say(encodeSyncStep1(Y.encodeStateVector(new Y.Doc())))
    await settle(20)
    expect(ann.status).toEqual({ kind: "saving", waiting: 0 })
    await settle()
    expect(ann.status.kind).toBe("saved")
    expect(server.heard.filter((kind) => kind === "syncStep2")).toHaveLength(2)
  })
})

describe("not saved", () => {
  it("says so when no ack comes for 5 s, and takes it back when it does", async () => {
    const ann = join()
    await settle()
    server.commitTime = 8000
    ann.type("a")
    await settle(4900)
    expect(ann.status.kind).toBe("saving")
    await settle(200)
    expect(ann.status).toEqual({ kind: "unsaved", waiting: 1 })
    await settle(4000)
    expect(ann.status.kind).toBe("saved")
  })

  it("says so while the server tells that its database is down", async () => {
    const ann = join()
    await settle()
    server.setDatabase(false)
    ann.type("a")
    await settle(100)
    expect(ann.status).toEqual({ kind: "unsaved", waiting: 1 })
    server.setDatabase(true)
    await settle()
    expect(ann.status.kind).toBe("saved")
  })
})

describe("rights", () => {
  it("sends nothing of a reader's, and takes what others write", async () => {
    server.mayEdit = false
    server.committed.getText("t").insert(0, "read me")
    const ann = join()
    await settle()
    expect(ann.provider.readOnly).toBe(true)
    expect(ann.status.kind).toBe("saved")
    expect(ann.text).toBe("read me")
    ann.type(" no")
    await settle(10_000)
    expect(server.heard).not.toContain("update")
    expect(server.heard).not.toContain("syncStep2")
    expect(ann.status).toEqual({ kind: "unsaved", waiting: 1 })
  })

  it("knows better after reconnecting with other rights", async () => {
    server.mayEdit = false
    const ann = join()
    await settle()
    server.mayEdit = true
    server.closeAll(4503, "rights changed, reconnect")
    await settle(20_000)
    expect(ann.provider.readOnly).toBe(false)
    ann.type("now")
    await settle()
    expect(server.committed.getText("t").toString()).toBe("now")
  })

  it("writes nothing into a full document, and all of it once there is room", async () => {
    const size = { kind: "size", bytes: 90, limit: 100 } as const
    const ann = join()
    await settle()
    server.size = { ...size, state: "large" }
    for (const line of server.lines) line.say(encodeNotice(server.size))
    await settle()
    expect(ann.provider.size?.state).toBe("large")
    expect(ann.provider.readOnly).toBe(false)
    server.size = { ...size, state: "full" }
    ann.type("under way") // as the server becomes full
    for (const line of server.lines) line.say(encodeNotice(server.size))
    await settle(10_000)
    expect(ann.provider.readOnly).toBe(true)
    expect(ann.status).toEqual({ kind: "unsaved", waiting: 1 })
    server.size = null
    server.closeAll(4503, "rights changed, reconnect")
    await settle(20_000)
    expect(ann.provider.size).toBeNull()
    expect(ann.provider.readOnly).toBe(false)
    expect(ann.status.kind).toBe("saved")
    expect(server.committed.getText("t").toString()).toBe("under way")
  })

  it("counts no tidying of formats as an edit of a reader's", async () => {
    server.mayEdit = false
    const ann = join()
    await settle()
    ann.doc.transact(() => undefined)
    const text = ann.doc.getText("t")
    Y.applyUpdate(ann.doc, replicaWith("abc"), ann.provider)
    text.delete(0, 1)
    await settle()
    expect(ann.status.kind).toBe("saved")
  })
})

function replicaWith(text: string): Uint8Array {
  const doc = new Y.Doc()
  doc.getText("t").insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

describe("close codes", () => {
  it.each([
    [4401, "signed-out"],
    [4403, "forbidden"],
    [4404, "gone"],
    [4413, "too-large"],
    [4426, "out-of-date"],
  ])("%i ends it, and keeps what waits", async (code, reason) => {
    const ann = join()
    await settle()
    server.acknowledges = false
    ann.type("kept")
    server.closeAll(code, "why")
    await settle(60_000)
    expect(ann.status).toEqual({ kind: "ended", waiting: 1, reason })
    expect(server.lines.size).toBe(0)
    ann.type("!")
    expect(ann.status.waiting).toBe(2)
  })

  it.each([1000, 1001, 1006, 1011, 1012, 1013, 4500, 4503])("%i is tried again", async (code) => {
    const ann = join()
    await settle()
    server.closeAll(code)
    expect(ann.status.kind).toBe("offline")
    await settle(20_000)
    expect(ann.status.kind).toBe("saved")
  })

  it("takes being asked to try again after an end", async () => {
    const ann = join()
    await settle()
    ann.type("before")
    server.closeAll(4401)
    await settle(1000)
    ann.provider.reconnect()
    await settle()
    expect(ann.status.kind).toBe("saved")
    expect(server.committed.getText("t").toString()).toBe("before")
  })

  it("ends at the door, when the first handshake is refused", async () => {
    server.refuse = { code: 4404, reason: "not found" }
    const ann = join()
    await settle()
    expect(ann.status).toEqual({ kind: "ended", waiting: 0, reason: "gone" })
  })
})

describe("liveness", () => {
  it("gives up a server that is silent and doesn't answer a ping, after 30 s", async () => {
    const ann = join()
    await settle()
    ann.awareness.setLocalState(null)
    await settle(19_000)
    expect(server.heard).not.toContain("pong")
    await settle(2000)
    expect(server.heard).toContain("pong")
    expect(ann.status.kind).toBe("saved")
    server.answersPings = false
    await settle(29_000)
    expect(ann.status.kind).toBe("saved")
    await settle(3000)
    expect(ann.history).toContain("offline")
  })

  it("gives it up as soon though the clock is set back by an hour", async () => {
    const ann = join()
    await settle()
    ann.awareness.setLocalState(null)
    await settle(100)
    server.answersPings = false
    vi.setSystemTime(Date.now() - 3_600_000)
    await settle(52_000)
    expect(ann.history).toContain("offline")
  })

  it("gives up a dead one though the browser’s network comes and goes all the time", async () => {
    const ann = join()
    await settle()
    ann.awareness.setLocalState(null)
    await settle(100)
    server.answersPings = false
    for (let second = 0; second < 8; second++) {
      ann.wifi.set(second % 2 === 1)
      await settle(1000)
    }
    expect(ann.history).toContain("offline")
  })

  it("says when it will try again, and that it is trying", async () => {
    const ann = join()
    await settle()
    server.reachable = false
    server.crash()
    const { status } = ann
    expect(status.kind === "offline" && status.retryAt).toBeGreaterThan(Date.now())
  })

  it("comes back at once when the browser is online again", async () => {
    const ann = join()
    await settle()
    server.reachable = false
    server.crash()
    await settle(60_000)
    expect(ann.status.kind).toBe("offline")
    server.reachable = true
    ann.wifi.set(true)
    await settle(100)
    expect(ann.status.kind).toBe("saved")
  })

  it("finds out within 5 s that the network went, when the browser says so", async () => {
    const ann = join()
    await settle()
    server.answersPings = false
    ann.awareness.setLocalState(null)
    await settle(100)
    ann.wifi.set(false)
    await settle(5100)
    expect(ann.history).toContain("offline")
  })

  it("calls nobody back once destroyed", async () => {
    const ann = join()
    await settle()
    ann.provider.destroy()
    const before = ann.history.length
    ann.type("x")
    await settle(60_000)
    expect(ann.history).toHaveLength(before)
    expect(server.lines.size).toBe(0)
  })

  it("connects anew after a frame it can't read", async () => {
    const complaints = vi.spyOn(console, "error").mockImplementation(() => undefined)
    const ann = join()
    await settle()
    const [line] = server.lines
    line!.say(new Uint8Array([0, 2, 200]))
    await settle(20)
    expect(ann.status.kind).toBe("offline")
    await settle(1000)
    expect(ann.status.kind).toBe("saved")
    expect(complaints).toHaveBeenCalledOnce()
    complaints.mockRestore()
  })
})

describe("presence", () => {
  it("shows who is here, and forgets them with the connection", async () => {
    const [ann, ben] = [join(), join()]
    ben.awareness.setLocalState({ user: { name: "Ben" } })
    await settle()
    ben.awareness.setLocalStateField("cursor", 3)
    await settle()
    expect(ann.states()).toEqual([{ user: { name: "Ben" }, cursor: 3 }])
    server.reachable = false
    server.crash()
    expect(ann.states()).toEqual([])
  })

  it("is seen again at once after a reconnect, without moving", async () => {
    const [ann, ben] = [join(), join()]
    ben.awareness.setLocalState({ user: { name: "Ben" } })
    await settle()
    server.crash()
    expect(ann.states()).toEqual([])
    await settle(2000)
    ann.awareness.setLocalState({})
    await settle(100)
    expect(ben.states()).toHaveLength(1)
  })

  it("sends the first move at once, and a storm of them at most every 40 ms", async () => {
    const ann = join()
    await settle(5000)
    const sent = () => server.heard.filter((kind) => kind === "awareness").length
    const before = sent()
    for (let move = 0; move < 100; move++) {
      ann.awareness.setLocalStateField("cursor", move)
      await settle(4)
    }
    await settle(100)
    expect(sent() - before).toBeGreaterThan(5)
    expect(sent() - before).toBeLessThanOrEqual(12)
  })
})
