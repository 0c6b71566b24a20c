import type { Random } from "./backoff"
import { Connection } from "./connection"
import { Requests } from "./http"
import type { Memory } from "./memory"
import { browserNetwork, type Network } from "./network"
import { browserPage, type Page } from "./page"
import { eventRungs } from "./rungs"
import { inTurn, type Sharing, type Tab } from "./sharing"
import type { OpenTransport, Rung } from "./transport"

/** What concerns the signed-in person. Hints: refetch what an event names. */
export type UserEvent =
  /** Connected, maybe again: anything may have changed meanwhile. */
  | { kind: "hello" }
  | { kind: "documents"; workspace: string; documents: string[]; change: DocumentChange }
  | { kind: "memberships"; workspace: string }
  | { kind: "access"; documents: string[] }
  | { kind: "favourites" }
  /** A new one is in the inbox: enough of it to say so. Leads to a document, to an address (maybe ""), or nowhere. */
  | { kind: "notification"; id: string; title: string; body: string; url: string; document: string | null }
  /** Some were read, unread or deleted, perhaps in another tab. */
  | { kind: "notifications" }
  /** What a program said to a workspace (or to this person alone), with whatever details it has. */
  | { kind: "event"; id: string; workspace: string | null; name: string; data: Readonly<Record<string, unknown>> }
  /** Made here, when the server closed with 4401: no more events will come. */
  | { kind: "signed-out" }

export type DocumentChange = "created" | "renamed" | "moved" | "trashed" | "restored" | "purged" | "shared" | "updated"

export interface EventStreamOptions {
  /** Of the server: `https://host`. */
  url: string
  /** Instead of the session's cookie. */
  token?: string
  memory?: Memory
  /** With the other tabs of the same person: one of them holds the stream for all. */
  sharing?: Sharing | null
  /** Instead of the ladder: one transport, or rungs of another make. */
  transport?: OpenTransport<string> | readonly Rung<string>[]
  network?: Network
  page?: Page
  random?: Random
  fetch?: typeof fetch
}

const KINDS: ReadonlySet<unknown> = new Set<UserEvent["kind"]>([
  "hello",
  "documents",
  "memberships",
  "access",
  "favourites",
  "notification",
  "notifications",
  "event",
])
const SIGNED_OUT = 4401
const OUT_OF_DATE = 4426

/** The events of the signed-in person, for as long as the page lives. Events during a gap are lost; "hello" ends it. */
export class EventStream {
  readonly #connection: Connection<string>
  readonly #listeners = new Set<(event: UserEvent) => void>()
  readonly #tab: Tab<UserEvent> | null

  constructor(options: EventStreamOptions) {
    this.#connection = new Connection({
      rungs: rungs(options),
      onState: (state) => state.kind === "ended" && state.code === SIGNED_OUT && this.#tellAll({ kind: "signed-out" }),
      onFrame: (frame) => this.#receive(frame),
      // Whom the server no longer understands reads the lists as they come with each page.
      isFinal: (code) => code === SIGNED_OUT || code === OUT_OF_DATE,
      ...(options.random && { random: options.random }),
      ...(options.memory && { memory: options.memory }),
      network: options.network ?? browserNetwork(),
      page: options.page ?? browserPage(),
    })
    const { sharing } = options
    this.#tab = sharing
      ? inTurn<UserEvent>(sharing, {
          onLead: () => this.#connection.connect(),
          // The stream was there before this tab: nobody says hello to it.
          onFollow: () => this.#tell({ kind: "hello" }),
          onHeard: (event) => this.#tell(event),
          onNudge: () => this.#wake(),
        })
      : null
    if (!sharing) this.#connection.connect()
  }

  subscribe(listener: (event: UserEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Try again at once, say after signing in again. */
  reconnect(): void {
    if (this.#tab === null || this.#tab.leads) this.#wake()
    else this.#tab.nudge()
  }

  close(): void {
    this.#listeners.clear()
    this.#tab?.leave()
    this.#connection.stop()
  }

  #wake(): void {
    if (this.#connection.state.kind !== "open") this.#connection.connect()
  }

  #receive(frame: string): void {
    const event = JSON.parse(frame) as UserEvent
    // The ping only keeps the line from falling silent, and a newer server may know more kinds than we do.
    if (KINDS.has(event.kind)) this.#tellAll(event)
  }

  #tellAll(event: UserEvent): void {
    this.#tab?.tell(event)
    this.#tell(event)
  }

  #tell(event: UserEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }
}

function rungs({ transport, url, token, fetch, random = Math.random }: EventStreamOptions): readonly Rung<string>[] {
  if (typeof transport === "function") return [{ kind: "websocket", open: transport }]
  return transport ?? eventRungs({ url, token, requests: new Requests({ url, token, fetch }), random })
}
