import { Awareness } from "y-protocols/awareness"
import * as Y from "yjs"
import { Requests } from "../http"
import { openLane, type Locks } from "../lanes"
import type { Memory } from "../memory"
import type { Network } from "../network"
import type { Page } from "../page"
import { WeftProvider } from "../provider"
import { documentRungs } from "../rungs"
import type { TransportKind } from "../transport"
import { FakeHttp } from "./http"
import { FakeServer } from "./server"

/** Something with a state of its own that tells who listens: the browser's network, or its page. */
class Told {
  readonly #listeners = new Set<() => void>()
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  protected tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

export class Wifi extends Told implements Network {
  online = true
  set(online: boolean): void {
    this.online = online
    this.tell()
  }
}

export class Window extends Told implements Page {
  hidden = false
  set(hidden: boolean): void {
    this.hidden = hidden
    this.tell()
  }
}

/** The Web Locks of one browser. */
export class Origin implements Locks {
  readonly held = new Set<string>()
  readonly #queue = new Map<string, (() => void)[]>()

  async request(name: string, { ifAvailable, signal }: { ifAvailable?: boolean; signal?: AbortSignal }, hold: (lock: unknown) => Promise<void> | undefined): Promise<void> {
    await Promise.resolve()
    if (this.held.has(name)) {
      if (ifAvailable) {
        await hold(null)
        return
      }
      await new Promise<void>((resolve, reject) => {
        this.#queue.set(name, [...(this.#queue.get(name) ?? []), resolve])
        signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")))
      })
    }
    if (signal?.aborted) throw new DOMException("aborted", "AbortError")
    this.held.add(name)
    await hold({ name })
    this.held.delete(name)
    this.#queue.get(name)?.shift()?.()
  }
}

export interface PersonOptions {
  kinds?: TransportKind[]
  client?: number
  locks?: Locks | null
  memory?: Memory
}

/** One tab with the document open. */
export class Person {
  readonly doc = new Y.Doc()
  readonly awareness: Awareness
  readonly wifi = new Wifi()
  readonly page = new Window()
  readonly provider: WeftProvider
  /** Of the status, each kind once as it changed. */
  readonly history: string[] = []

  constructor(
    readonly server: FakeServer,
    readonly http: FakeHttp,
    { kinds = ["websocket", "sse", "poll"], client, locks = null, memory }: PersonOptions = {},
  ) {
    if (client !== undefined) this.doc.clientID = client
    this.awareness = new Awareness(this.doc)
    const { page } = this
    const rungs = documentRungs({
      url: "https://weft.test",
      documentId: "d",
      client: this.doc.clientID,
      requests: new Requests({ url: "https://weft.test", fetch: http.fetch }),
      lane: openLane(locks, page),
      page,
      random: server.random,
      reason: () => this.provider.diagnosis.code,
    })
    const transport = rungs.map((rung) => (rung.kind === "websocket" ? { ...rung, open: server.open } : rung)).filter(({ kind }) => kinds.includes(kind))
    this.provider = new WeftProvider(this.doc, this.awareness, {
      url: "https://weft.test",
      documentId: "d",
      transport,
      network: this.wifi,
      page,
      random: server.random,
      memory,
    })
    this.provider.subscribe(() => {
      const { kind } = this.status
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

  get transport() {
    return this.provider.diagnosis.transport
  }

  get reason() {
    return this.provider.diagnosis.code
  }

  /** What this person sees of the others. */
  others(): unknown[] {
    return [...this.awareness.getStates()].filter(([client]) => client !== this.doc.clientID).map(([, state]) => state)
  }

  leave(): void {
    this.provider.destroy()
    this.awareness.destroy()
    this.doc.destroy()
  }
}
