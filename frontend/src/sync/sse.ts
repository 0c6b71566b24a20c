/**
 * A stream of server-sent events over fetch. Not EventSource: that one hides the status and what is wrong, and exists in
 * browsers only.
 */
import type { Random } from "./backoff"
import { Problem, problemOf, unreachable } from "./http"
import { BUFFERED } from "./transport"

export interface ServerSentEvent {
  event: string
  data: string
  /** Of this event itself, or null: not, as with EventSource, the last one that there was. */
  id: string | null
}

/** The first event comes at once. When it doesn't, something keeps it back until there is more. */
const FIRST_EVENT_WITHIN = 4_000
/** There is a ping every 15 s. */
const SILENT_AFTER = 22_000
/** A stream that lasted this long ended as streams do behind proxies. */
const FINE_AFTER = 1_000
const TRIES = 3
const TRY_AGAIN_AFTER = 250

export interface StreamOptions {
  /** Asks for the stream, from where an event with this id left off. Rejects with a Problem. */
  request(lastEventId: string | null, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
  lastEventId: string | null
  /** `event: close` excepted, which becomes the end. */
  onEvent(event: ServerSentEvent): void
  /** Once and last, unless closed from here. */
  onEnd(problem: Problem): void
  random: Random
}

/**
 * Holds a stream open across the ends that proxies make of it: asks again from the last event, and nobody notices. It ends
 * when the server says so, when nobody answers several times, or when what is streamed doesn't come through.
 */
export class Stream {
  #lastEventId: string | null
  #proven = false
  #closed = false
  #abort = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly options: StreamOptions) {
    this.#lastEventId = options.lastEventId
    void this.#run()
  }

  /** Silence so far proves nothing: a new request must bring an event at once. */
  restart(): void {
    this.#abort.abort()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#abort.abort()
  }

  async #run(): Promise<void> {
    let failures = 0
    for (;;) {
      const startedAt = Date.now()
      const outcome = await this.#once()
      if (this.#closed) return
      if (outcome instanceof Problem) {
        this.#end(outcome)
        return
      }
      failures = outcome === "ended" && Date.now() - startedAt >= FINE_AFTER ? 0 : failures + 1
      if (failures > TRIES) {
        this.#end(unreachable("the stream broke off, again and again"))
        return
      }
      if (failures > 0) await this.#pause(TRY_AGAIN_AFTER * 2 ** failures * (0.5 + this.options.random() / 2))
      if (this.#closed) return
    }
  }

  /** One request, to its end. */
  async #once(): Promise<Problem | "ended" | "unreachable"> {
    const abort = (this.#abort = new AbortController())
    let answered = false
    let stalled = false
    let heard = false
    const watch = (patience: number) => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => {
        stalled = true
        abort.abort()
      }, patience)
    }
    watch(FIRST_EVENT_WITHIN)
    try {
      const body = await this.options.request(this.#lastEventId, abort.signal)
      answered = true
      const reader = body.getReader()
      const decoder = new TextDecoder()
      const parser = new EventParser()
      for (;;) {
        const { done, value } = await reader.read()
        if (this.#closed || abort.signal.aborted) break
        if (done) return "ended"
        heard = this.#proven = true
        watch(SILENT_AFTER)
        for (const event of parser.push(decoder.decode(value, { stream: true }))) {
          if (event.id !== null) this.#lastEventId = event.id
          if (event.event === "close") return closing(event.data)
          this.options.onEvent(event)
          if (this.#closed) return "ended"
        }
      }
    } catch (error) {
      const problem = problemOf(error)
      if (!abort.signal.aborted) return problem.code === "unreachable" ? (heard ? "ended" : "unreachable") : problem
    } finally {
      clearTimeout(this.#timer)
      abort.abort()
    }
    // Cut from here. Of a stream that came through before, no answer at all tells of the network instead.
    if (stalled && !heard && (answered || !this.#proven)) return new Problem(BUFFERED, "stream_buffered", "no event came through")
    return stalled && !heard ? "unreachable" : "ended"
  }

  #pause(delay: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, delay)
    })
  }

  #end(problem: Problem): void {
    this.#closed = true
    this.options.onEnd(problem)
  }
}

function closing(data: string): Problem {
  const { code, reason } = JSON.parse(data) as { code: number; reason: string }
  return new Problem(code, "closed", reason)
}

/** The grammar of text/event-stream, for text in pieces of any size. */
export class EventParser {
  #rest = ""
  #data: string[] = []
  #event = ""
  #id: string | null = null

  push(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = []
    // A CR at the very end may be half of a CRLF: it waits for what follows.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop()!
    for (const line of lines) {
      if (line !== "") this.#field(line)
      else if (this.#data.length > 0) events.push({ event: this.#event || "message", data: this.#data.join("\n"), id: this.#id })
      if (line === "") this.#begin()
    }
    return events
  }

  #begin(): void {
    this.#data = []
    this.#event = ""
    this.#id = null
  }

  #field(line: string): void {
    const colon = line.indexOf(":")
    if (colon === 0) return
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "")
    if (name === "data") this.#data.push(value)
    else if (name === "event") this.#event = value
    else if (name === "id") this.#id = value
  }
}
