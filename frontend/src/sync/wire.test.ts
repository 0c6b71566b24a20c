/** Over real connections, with real time: what a model of fetch could get wrong. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { Awareness } from "y-protocols/awareness"
import * as Y from "yjs"
import { EventStream, type UserEvent } from "./events"
import { Requests } from "./http"
import { openLane } from "./lanes"
import { alwaysOnline } from "./network"
import { alwaysVisible } from "./page"
import { WeftProvider } from "./provider"
import { documentRungs, eventRungs } from "./rungs"
import { FakeHttp } from "./testing/http"
import { FakeServer } from "./testing/server"
import { Wire } from "./testing/wire"
import type { TransportKind } from "./transport"

const undo: (() => void | Promise<void>)[] = []

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

describe.each([["sse" as const], ["poll" as const]])("a document over %s", (kind) => {
  let wire: Wire
  let server: FakeServer

  beforeEach(async () => {
    server = new FakeServer(Math.random, 1)
    const http = new FakeHttp(server)
    undo.push(() => http.awareness.destroy())
    wire = await Wire.open((asked, signal) => http.answer(asked, signal))
    undo.push(() => wire.close())
  })

  it("is written by two, across a proxy that cuts every connection, and nothing is lost or doubled", async () => {
    const [ann, ben] = [open(wire.url, kind), open(wire.url, kind)]
    await vi.waitFor(() => expect([ann.provider.status.kind, ben.provider.status.kind]).toEqual(["saved", "saved"]))
    for (let n = 0; n < 40; n++) {
      const { doc } = n % 2 ? ann : ben
      doc.getText("t").insert(0, String.fromCharCode(97 + (n % 26)))
      if (n % 10 === 5) wire.cut()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await vi.waitFor(
      () => {
        expect([ann.provider.status.kind, ben.provider.status.kind]).toEqual(["saved", "saved"])
        expect(ann.doc.getText("t").toString()).toBe(ben.doc.getText("t").toString())
      },
      { timeout: 15_000 },
    )
    expect(ann.doc.getText("t").length).toBe(40)
    expect(server.committed.getText("t").toString()).toBe(ann.doc.getText("t").toString())
  }, 20_000)

  it("shows each the other, and takes away who leaves", async () => {
    const [ann, ben] = [open(wire.url, kind), open(wire.url, kind)]
    ben.awareness.setLocalState({ at: 2 })
    await vi.waitFor(() => expect(ann.awareness.getStates().get(ben.doc.clientID)).toEqual({ at: 2 }))
    ben.provider.destroy()
    await vi.waitFor(() => expect(ann.awareness.getStates().has(ben.doc.clientID)).toBe(false))
  })
})

it("finds its way by itself, with nothing but an address and a token, also where there are no WebSockets", async () => {
  vi.stubGlobal("WebSocket", undefined)
  undo.push(() => void vi.unstubAllGlobals())
  const server = new FakeServer(Math.random, 1)
  const http = new FakeHttp(server)
  undo.push(() => http.awareness.destroy())
  const tokens = new Set<string | null>()
  const wire = await Wire.open((asked, signal) => {
    tokens.add(asked.headers.get("Authorization"))
    return http.answer(asked, signal)
  })
  undo.push(() => wire.close())
  const doc = new Y.Doc()
  const awareness = new Awareness(doc)
  const provider = new WeftProvider(doc, awareness, { url: wire.url, documentId: "d", token: "secret" })
  undo.push(() => {
    provider.destroy()
    awareness.destroy()
  })
  await vi.waitFor(() => expect(provider.status.kind).toBe("saved"), { timeout: 5000 })
  expect(provider.diagnosis).toMatchObject({ transport: "sse", code: "upgrade_blocked" })
  doc.getText("t").insert(0, "from Node")
  await vi.waitFor(() => expect(server.committed.getText("t").toString()).toBe("from Node"))
  expect(tokens).toEqual(new Set(["Bearer secret"]))
})

function open(url: string, kind: TransportKind) {
  const doc = new Y.Doc()
  const awareness = new Awareness(doc)
  const rungs = documentRungs({
    url,
    documentId: "d",
    client: doc.clientID,
    requests: new Requests({ url }),
    lane: openLane(null),
    page: alwaysVisible,
    random: Math.random,
    reason: () => null,
  })
  const provider = new WeftProvider(doc, awareness, { url, documentId: "d", transport: rungs.filter((rung) => rung.kind === kind) })
  undo.push(() => {
    provider.destroy()
    awareness.destroy()
  })
  return { doc, awareness, provider }
}

describe("the user's events", () => {
  const EVENTS = [{ kind: "hello" }, { kind: "favourites" }, { kind: "access", documents: ["d"] }]
  let wire: Wire
  let events: UserEvent[]

  const listen = (kind: TransportKind) => {
    events = []
    const rungs = eventRungs({ url: wire.url, requests: new Requests({ url: wire.url }), random: Math.random })
    const stream = new EventStream({ url: wire.url, transport: rungs.filter((rung) => rung.kind === kind), network: alwaysOnline })
    stream.subscribe((event) => events.push(event))
    undo.push(() => stream.close())
  }

  it("come as a stream, which goes on behind the last event when it was cut", async () => {
    const resumed: (string | null)[] = []
    wire = await Wire.open(async ({ headers }) => {
      const last = headers.get("Last-Event-ID")
      resumed.push(last)
      const from = Number(last ?? 0)
      const text = EVENTS.slice(from, from + 1).map((event, n) => `id: ${from + n + 1}\ndata: ${JSON.stringify(event)}\n\n`)
      return new Response(`: here\n\n${text.join("")}`, { headers: { "Content-Type": "text/event-stream" } })
    })
    undo.push(() => wire.close())
    listen("sse")
    await vi.waitFor(() => expect(events).toEqual(EVENTS), { timeout: 5000 })
    expect(resumed.slice(0, 3)).toEqual([null, "1", "2"])
  })

  it("come by polling, each once", async () => {
    wire = await Wire.open(async ({ search }) => {
      const from = Number(search.get("cursor") ?? 0)
      if (from < EVENTS.length) return Response.json({ cursor: String(from + 1), events: EVENTS.slice(from, from + 1) })
      return await new Promise<Response>(() => undefined)
    })
    undo.push(() => wire.close())
    listen("poll")
    await vi.waitFor(() => expect(events).toEqual(EVENTS))
  })

  it.each([["sse" as const], ["poll" as const]])("end over %s when the person is signed out", async (kind) => {
    wire = await Wire.open(async () => Response.json({ error: { code: "signed_out", message: "", close_code: 4401 } }, { status: 401 }))
    undo.push(() => wire.close())
    listen(kind)
    await vi.waitFor(() => expect(events).toEqual([{ kind: "signed-out" }]))
  })
})
