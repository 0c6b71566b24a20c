import type { Random } from "./backoff"
import { Connection } from "./connection"
import { browserNetwork, type Network } from "./network"
import type { OpenTransport } from "./transport"
import { textWebSocket } from "./websocket"

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
  /** `wss://host/ws/events` */
  url: string
  transport?: OpenTransport<string>
  network?: Network
  random?: Random
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

/** The events of the signed-in person, for as long as the page lives. Events during a gap are lost; "hello" ends it. */
export class EventStream {
  readonly #connection: Connection<string>
  readonly #listeners = new Set<(event: UserEvent) => void>()

  constructor({ url, transport, network, random }: EventStreamOptions) {
    this.#connection = new Connection({
      open: transport ?? textWebSocket(url),
      onState: (state) => state.kind === "ended" && this.#tell({ kind: "signed-out" }),
      onFrame: (frame) => this.#receive(frame),
      isFinal: (code) => code === SIGNED_OUT,
      ...(random && { random }),
      network: network ?? browserNetwork(),
    })
    this.#connection.connect()
  }

  subscribe(listener: (event: UserEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Try again at once, say after signing in again. */
  reconnect(): void {
    this.#connection.connect()
  }

  close(): void {
    this.#listeners.clear()
    this.#connection.stop()
  }

  #receive(frame: string): void {
    const event = JSON.parse(frame) as UserEvent
    // The ping only keeps the line from falling silent, and a newer server may know more kinds than we do.
    if (KINDS.has(event.kind)) this.#tell(event)
  }

  #tell(event: UserEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }
}
