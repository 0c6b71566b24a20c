import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness"
import * as Y from "yjs"
import type { FakeServer, Follower } from "./server"

const USER = { id: 7, name: "Ann", color: "#30bced" }

type Asked = { method: string; path: string; search: URLSearchParams; headers: Headers; body: Uint8Array }

/**
 * The HTTP transports of the small server, as docs/protocol.md has them, at the level of fetch: real Requests and Responses,
 * with a network that takes its time, loses answers, and has proxies in it.
 */
export class FakeHttp implements Follower {
  readonly asked: Asked[] = []
  /** How a proxy treats streams. */
  streams: "open" | "buffered" = "open"
  /** How likely an answer gets lost after the server has done what it was asked. */
  loses = 0
  /** How fast the answer to a sync comes. */
  bytesPerSecond = Number.POSITIVE_INFINITY
  /** Bodies above this are refused by a proxy. */
  bodyLimit = Number.POSITIVE_INFINITY
  /** Cursors below are too old. */
  floor = 0
  epoch = 1
  /** What every request is answered with instead. */
  refuse: Response | null = null
  readonly awareness = new Awareness(new Y.Doc())
  readonly keys = new Map<string, Promise<Response>>()
  readonly #streams = new Set<Streaming>()
  readonly #polls = new Set<() => void>()
  readonly #owners = new Map<number, object>()
  #tag = 1

  constructor(readonly server: FakeServer) {
    this.awareness.setLocalState(null)
    server.followers.add(this)
  }

  /** How many requests are held open. */
  get held(): number {
    return this.#streams.size + this.#polls.size
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    const url = new URL(String(input))
    const asked: Asked = {
      method: init.method ?? "GET",
      path: url.pathname,
      search: url.searchParams,
      headers: new Headers(init.headers),
      body: (init.body as Uint8Array | undefined) ?? new Uint8Array(),
    }
    const { signal } = init
    await this.#travel(signal)
    this.#mustReach()
    this.asked.push(asked)
    if (this.refuse) return this.refuse.clone()
    if (asked.body.byteLength > this.bodyLimit) return new Response("<html>413 Request Entity Too Large</html>", { status: 413 })
    const response = await aborting(this.answer(asked, signal ?? undefined), signal)
    await this.#travel(signal)
    this.#mustReach()
    if (asked.method === "POST" && this.server.random() < this.loses) throw new TypeError("network error")
    if (asked.path === "/sync/d" && Number.isFinite(this.bytesPerSecond)) return new Response(this.#slowly(new Uint8Array(await response.arrayBuffer()), signal))
    return response
  }

  #slowly(bytes: Uint8Array, signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
    let at = 0
    return new ReadableStream<Uint8Array>({
      start: (controller) => signal?.addEventListener("abort", () => controller.error(new DOMException("aborted", "AbortError"))),
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 1000))
        if (signal?.aborted) return
        if (at < bytes.byteLength) controller.enqueue(bytes.slice(at, (at += this.bytesPerSecond)))
        else controller.close()
      },
    })
  }

  /** The server itself, without the network. */
  async answer(asked: Asked, signal?: AbortSignal): Promise<Response> {
    const { server } = this
    if (server.refuse) return error(STATUS[server.refuse.code] ?? 503, server.refuse.reason, server.refuse.code)
    switch (`${asked.method} ${asked.path.replace(/^\/sync\/d/, "")}`) {
      case "POST ":
        return this.#sync(asked.body)
      case "POST /push":
        return this.#push(asked)
      case "POST /awareness":
        this.#present(asked.body)
        return new Response(null, { status: 204 })
      case "GET /events":
        return this.#stream(asked, signal)
      case "GET /poll":
        return await this.#poll(asked, signal)
      default:
        return new Response("<html>Not found</html>", { status: 404 })
    }
  }

  onCommit(): void {
    for (const stream of this.#streams) this.#bring(stream)
    this.#wakePolls()
  }

  onAwareness(payload: Uint8Array, from: object): void {
    applyAwarenessUpdate(this.awareness, payload, from)
    for (const [client] of this.awareness.meta) if (!this.#owners.has(client)) this.#owners.set(client, from)
    this.#own(payload, from)
    this.#tag++
    for (const stream of this.#streams) stream.say("awareness", base64(payload))
    this.#wakePolls()
  }

  onDatabase(up: boolean): void {
    for (const stream of this.#streams) stream.say("notice", JSON.stringify({ kind: up ? "saved" : "unsaved" }))
    this.#wakePolls()
  }

  onCrash(): void {
    this.cutStreams()
    this.#wakePolls()
  }

  /** As proxies do after a while. */
  cutStreams(): void {
    for (const stream of [...this.#streams]) stream.end()
  }

  closeStreams(code: number, reason: string): void {
    for (const stream of [...this.#streams]) {
      stream.say("close", JSON.stringify({ code, reason }))
      stream.end()
    }
  }

  ping(): void {
    for (const stream of this.#streams) stream.say("ping", "")
  }

  get #cursor(): string {
    return `${this.epoch}.${this.server.log.length}`
  }

  #sync(stateVector: Uint8Array): Response {
    const { committed, mayEdit, databaseDown } = this.server
    return json({
      cursor: this.#cursor,
      state_vector: base64(Y.encodeStateVector(committed)),
      update: base64(Y.encodeStateAsUpdate(committed, stateVector.byteLength === 0 ? undefined : stateVector)),
      awareness: base64(this.#table()),
      awareness_tag: String(this.#tag),
      user: USER,
      may_edit: mayEdit,
      heartbeat: 15,
      unsaved: databaseDown,
    })
  }

  async #push({ headers, body }: Asked): Promise<Response> {
    if (!this.server.mayEdit) return error(403, "read_only", null)
    const key = headers.get("Idempotency-Key")!
    const known = this.keys.get(key)
    if (known) return (await known).clone()
    const committed = new Promise<Response>((resolve, reject) => {
      const answer = () => resolve(json({ cursor: this.#cursor }))
      const refuse = () => {
        this.keys.delete(key)
        reject(new TypeError("network error"))
      }
      this.server.write({ from: this, update: body, done: answer, lost: refuse })
    })
    this.keys.set(key, committed)
    return (await committed).clone()
  }

  #stream(asked: Asked, signal: AbortSignal | undefined): Response | Promise<Response> {
    const at = this.#place(asked.headers.get("Last-Event-ID") ?? asked.search.get("cursor"))
    if (at === null) return error(409, "resync", null)
    const stream = new Streaming(at, () => this.#left(stream, Number(asked.search.get("client"))))
    this.#streams.add(stream)
    this.#owners.set(Number(asked.search.get("client")), stream)
    signal?.addEventListener("abort", () => stream.end(true))
    stream.say("hello", JSON.stringify({ user: USER, may_edit: this.server.mayEdit, epoch: this.epoch, heartbeat: 15 }))
    if (this.server.databaseDown) stream.say("notice", JSON.stringify({ kind: "unsaved" }))
    this.#bring(stream)
    stream.say("awareness", base64(this.#table()))
    if (this.streams === "buffered") return new Promise(() => undefined)
    return new Response(stream.body, { headers: { "Content-Type": "text/event-stream" } })
  }

  #bring(stream: Streaming): void {
    for (const update of this.server.log.slice(stream.at)) stream.say("update", base64(update), `${this.epoch}.${++stream.at}`)
  }

  async #poll({ search }: Asked, signal: AbortSignal | undefined): Promise<Response> {
    const at = this.#place(search.get("cursor"))
    if (at === null) return error(409, "resync", null)
    const tag = search.get("tag")
    const nothing = () => this.server.log.length <= at && tag === String(this.#tag)
    if (nothing() && search.get("wait") !== "0") await this.#wait(Number(search.get("wait") ?? 25) * 1000, signal)
    if (nothing()) return new Response(null, { status: 204 })
    return json({
      cursor: this.#cursor,
      updates: this.server.log.slice(at).map(base64),
      ...(tag !== String(this.#tag) && { awareness: base64(this.#table()) }),
      awareness_tag: String(this.#tag),
      unsaved: this.server.databaseDown,
    })
  }

  #wait(patience: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#polls.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, patience)
      this.#polls.add(wake)
      signal?.addEventListener("abort", wake)
    })
  }

  #wakePolls(): void {
    for (const wake of [...this.#polls]) wake()
  }

  #place(cursor: string | null): number | null {
    const [epoch, seq] = (cursor ?? "0.0").split(".").map(Number) as [number, number]
    return epoch === this.epoch && seq >= this.floor ? seq : null
  }

  #present(payload: Uint8Array): void {
    // Whoever's stream it is stays the one whose end takes it away.
    this.server.present(payload, this)
  }

  #own(payload: Uint8Array, from: object): void {
    const client = new DataView(payload.buffer, payload.byteOffset).byteLength > 1 ? clientOf(payload) : null
    if (client !== null && (from !== this || !(this.#owners.get(client) instanceof Streaming))) this.#owners.set(client, from)
  }

  #left(stream: Streaming, client: number): void {
    this.#streams.delete(stream)
    if (this.#owners.get(client) !== stream) return
    this.#owners.delete(client)
    if (!this.awareness.getStates().has(client)) return
    removeAwarenessStates(this.awareness, [client], this)
    const gone = encodeAwarenessUpdate(this.awareness, [client])
    this.server.present(gone, this)
  }

  #table(): Uint8Array {
    // Those who left, too, as null: who polls hears of it by this alone.
    return encodeAwarenessUpdate(this.awareness, [...this.awareness.meta.keys()])
  }

  #mustReach(): void {
    if (!this.server.reachable) throw new TypeError("fetch failed")
  }

  #travel(signal: AbortSignal | null | undefined): Promise<void> {
    const { random, latency } = this.server
    const time = new Promise<void>((resolve) => {
      setTimeout(resolve, latency * (0.5 + random()))
    })
    return aborting(time, signal)
  }
}

/** One stream of events: what was said before somebody reads waits. */
class Streaming {
  readonly body: ReadableStream<Uint8Array>
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #open = true

  constructor(
    public at: number,
    private readonly left: () => void,
  ) {
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller
      },
      cancel: () => this.end(),
    })
  }

  say(event: string, data: string, id?: string): void {
    if (!this.#open) return
    this.#controller.enqueue(new TextEncoder().encode(`event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`))
  }

  end(aborted = false): void {
    if (!this.#open) return
    this.#open = false
    if (aborted) this.#controller.error(new DOMException("aborted", "AbortError"))
    else this.#controller.close()
    this.left()
  }
}

const STATUS: Record<number, number> = { 4401: 401, 4403: 403, 4404: 404, 4413: 413, 4426: 426 }

const json = (value: object) => Response.json(value)

export const error = (status: number, code: string, closeCode: number | null, headers: Record<string, string> = {}) =>
  Response.json({ error: { code, message: code, close_code: closeCode } }, { status, headers })

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64")

function clientOf(awareness: Uint8Array): number {
  let value = 0
  let factor = 1
  for (let at = 1; ; at++) {
    const byte = awareness[at]!
    value += (byte & 127) * factor
    if (byte < 128) return value
    factor *= 128
  }
}

function aborting<Value>(promise: Promise<Value>, signal: AbortSignal | null | undefined): Promise<Value> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(new DOMException("aborted", "AbortError"))
    if (signal.aborted) abort()
    signal.addEventListener("abort", abort)
    promise.then(resolve, reject)
  })
}
