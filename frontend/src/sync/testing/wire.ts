import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

export type Answer = (asked: { method: string; path: string; search: URLSearchParams; headers: Headers; body: Uint8Array }, signal: AbortSignal) => Promise<Response>

/** Real requests over real connections of this machine, answered by a function. */
export class Wire {
  readonly #server: Server

  private constructor(answer: Answer) {
    this.#server = createServer((request, response) => void serve(answer, request, response))
  }

  static async open(answer: Answer): Promise<Wire> {
    const wire = new Wire(answer)
    wire.#server.listen(0, "127.0.0.1")
    await once(wire.#server, "listening")
    return wire
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** As a proxy that loses its patience. */
  cut(): void {
    this.#server.closeAllConnections()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, "close")
  }
}

async function serve(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url!, "http://weft.test")
  const abort = new AbortController()
  response.on("close", () => abort.abort())
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const asked = {
    method: request.method!,
    path: url.pathname,
    search: url.searchParams,
    headers: new Headers(request.headers as Record<string, string>),
    body: new Uint8Array(Buffer.concat(pieces)),
  }
  try {
    const answered = await answer(asked, abort.signal)
    response.writeHead(answered.status, Object.fromEntries(answered.headers))
    response.flushHeaders()
    if (answered.body === null) response.end()
    else await pipeline(Readable.fromWeb(answered.body as Parameters<typeof Readable.fromWeb>[0]), response)
  } catch {
    response.destroy()
  }
}
