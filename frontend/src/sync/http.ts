/**
 * Requests to the server's HTTP transports, and what their failures mean in the words of the close codes. Who calls gets an
 * answer or a Problem, never a bare status.
 */
import { ABNORMAL } from "./transport"

/** Of these requests and answers. A server that no longer speaks it says 4426. */
const PROTOCOL = "1"

export interface RequestsOptions {
  /** `https://host` */
  url: string
  /** Instead of the session's cookie. */
  token?: string | undefined
  fetch?: typeof fetch | undefined
}

export interface Ask {
  method?: "GET" | "POST"
  body?: Uint8Array
  headers?: Record<string, string>
  /** Gives up after this many milliseconds in which nothing comes: a big answer takes its time on a slow line. */
  within: number
  /** A part of the answer has come. */
  onPart?: () => void
  signal?: AbortSignal
  keepalive?: boolean
}

/** What a request came to instead of an answer. */
export class Problem extends Error {
  constructor(
    /** Of the table in docs/protocol.md. 1006: nobody who speaks our language answered. */
    readonly closeCode: number,
    /** The server's word for it, or ours: "unreachable", "body_refused". */
    readonly code: string,
    message: string,
    /** Milliseconds that the server asks to wait. */
    readonly retryAfter: number | null = null,
  ) {
    super(message)
  }
}

export const unreachable = (message: string) => new Problem(ABNORMAL, "unreachable", message)

export const problemOf = (error: unknown): Problem => (error instanceof Problem ? error : unreachable(String(error)))

export class Requests {
  readonly #url: string
  readonly #fetch: typeof fetch
  readonly #headers: Record<string, string>

  constructor({ url, token, fetch }: RequestsOptions) {
    this.#url = url.replace(/\/$/, "")
    // Looked up at each call, and called without `this`, which browsers refuse.
    this.#fetch = fetch ?? ((input, init) => globalThis.fetch(input, init))
    this.#headers = { "Weft-Protocol": PROTOCOL, ...(token !== undefined && { Authorization: `Bearer ${token}` }) }
  }

  /** The JSON of a 200, or null for a 204. Rejects with a Problem. */
  async json<Answer>(path: string, ask: Ask): Promise<Answer | null> {
    const abort = new AbortController()
    const giveUp = () => abort.abort()
    ask.signal?.addEventListener("abort", giveUp)
    let timer = setTimeout(giveUp, ask.within)
    const onPart = () => {
      clearTimeout(timer)
      timer = setTimeout(giveUp, ask.within)
      ask.onPart?.()
    }
    try {
      const response = await this.#send(path, { ...ask, signal: abort.signal })
      if (response.status === 204) return null
      return JSON.parse(await textOf(response, onPart)) as Answer
    } catch (error) {
      throw problemOf(error)
    } finally {
      clearTimeout(timer)
      ask.signal?.removeEventListener("abort", giveUp)
    }
  }

  /** The body of a 200 as it comes. Rejects with a Problem. */
  async stream(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send(path, { headers: { Accept: "text/event-stream", ...headers }, signal, within: Infinity })
    if (response.body === null || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      throw unreachable("something between answers for the server")
    }
    return response.body
  }

  async #send(path: string, { method = "GET", body, headers, signal, keepalive }: Ask): Promise<Response> {
    const response = await this.#fetch(this.#url + path, {
      method,
      headers: { ...this.#headers, ...(body && { "Content-Type": "application/octet-stream" }), ...headers },
      cache: "no-store",
      // A sign-in page isn't an answer.
      redirect: "error",
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
      ...(signal && { signal }),
      ...(keepalive && { keepalive }),
    }).catch((error: unknown) => {
      throw problemOf(error)
    })
    if (response.ok) return response
    throw await refusal(response)
  }
}

async function textOf({ body }: Response, onPart: () => void): Promise<string> {
  if (body === null) return ""
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const parts: string[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return parts.join("") + decoder.decode()
    parts.push(decoder.decode(value, { stream: true }))
    onPart()
  }
}

/** Only the server's own JSON is its word: a proxy's 404 doesn't mean that the document is gone. */
async function refusal(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => "")
  const said = errorOf(text)
  if (said === null) {
    // nginx's client_max_body_size, say.
    if (response.status === 413) return new Problem(ABNORMAL, "body_refused", "something between refuses requests of this size")
    return unreachable(`HTTP ${response.status}`)
  }
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN)
  return new Problem(said.close_code ?? ABNORMAL, said.code, said.message ?? said.code, Number.isFinite(seconds) ? seconds * 1000 : null)
}

type Said = { code: string; message?: string; close_code?: number | null }

function errorOf(text: string): Said | null {
  try {
    const { error } = JSON.parse(text) as { error?: Said }
    return typeof error?.code === "string" ? error : null
  } catch {
    return null
  }
}

export function fromBase64(text: string): Uint8Array {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}

/** A query of what is there. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const there = Object.entries(values).filter((entry): entry is [string, string | number] => entry[1] !== null && entry[1] !== undefined)
  return there.length === 0 ? "" : `?${new URLSearchParams(there.map(([name, value]) => [name, String(value)])).toString()}`
}
