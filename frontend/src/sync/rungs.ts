/** The transports of a document and of the user's events, the best first, and where the server has them. */
import type { Random } from "./backoff"
import { exchange } from "./exchange"
import { query, type Requests } from "./http"
import type { Lane } from "./lanes"
import type { Page } from "./page"
import { LONG, PATIENCE, Poll } from "./polling"
import { SUBPROTOCOL } from "./protocol"
import { Stream } from "./sse"
import { type OpenTransport, type Rung } from "./transport"
import { textWebSocket, webSocket } from "./websocket"

export interface ServerAddress {
  /** `https://host` */
  url: string
  /** Instead of the session's cookie. A WebSocket can carry it in its address only. */
  token?: string | undefined
}

export interface DocumentRungsOptions extends ServerAddress {
  documentId: string
  /** Whose presence is carried. */
  client: number
  requests: Requests
  lane: Lane
  page: Page
  random: Random
  /** Why we weren't live until now. */
  reason: () => string | null
}

export function documentRungs(options: DocumentRungsOptions): Rung[] {
  const { documentId, token, reason } = options
  const address = (trial: boolean) => `${socketUrl(options)}/ws/y/${documentId}${query({ token, reason: trial ? null : reason() })}`
  return [
    { kind: "websocket", open: webSocket(({ trial }) => address(trial), SUBPROTOCOL) },
    { kind: "sse", open: exchange({ ...options, hears: "stream" }) },
    { kind: "poll", open: exchange({ ...options, hears: "poll" }) },
  ]
}

export function eventRungs(options: ServerAddress & { requests: Requests; random: Random }): Rung<string>[] {
  const { token } = options
  return [
    { kind: "websocket", open: textWebSocket(`${socketUrl(options)}/ws/events${query({ token })}`) },
    { kind: "sse", open: streamedEvents(options) },
    { kind: "poll", open: polledEvents(options) },
  ]
}

const socketUrl = ({ url }: ServerAddress) => url.replace(/^http/, "ws").replace(/\/$/, "")

type EventsOptions = { requests: Requests; random: Random }

/** Keeps the line from falling silent; who reads it leaves it alone. */
const PING = '{"kind":"ping"}'

const streamedEvents =
  ({ requests, random }: EventsOptions): OpenTransport<string> =>
  (events) => {
    const stream = new Stream({
      lastEventId: null,
      request: async (id, signal) => {
        const body = await requests.stream("/events", id === null ? {} : { "Last-Event-ID": id }, signal)
        open()
        return body
      },
      onEvent: ({ event, data }) => events.onFrame(event === "ping" ? PING : data),
      onEnd: ({ closeCode, message }) => events.onClose(closeCode, message),
      random,
    })
    const open = once(() => events.onOpen())
    return { send: () => undefined, close: () => stream.close() }
  }

type EventsAnswer = { cursor: string; events: unknown[] }

const polledEvents =
  ({ requests, random }: EventsOptions): OpenTransport<string> =>
  (events) => {
    let cursor: string | null = null
    const open = once(() => events.onOpen())
    const poll = new Poll<EventsAnswer>({
      pace: () => LONG,
      request: (wait, signal) => requests.json(`/events/poll${query({ cursor, wait })}`, { within: wait * 1000 + PATIENCE, signal }),
      onAnswer: (answer) => {
        open()
        events.onFrame(PING)
        if (answer === null) return
        cursor = answer.cursor
        for (const event of answer.events) events.onFrame(JSON.stringify(event))
      },
      onEnd: ({ closeCode, message }) => events.onClose(closeCode, message),
      random,
    })
    return { send: () => undefined, close: () => poll.close() }
  }

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    act()
  }
}
