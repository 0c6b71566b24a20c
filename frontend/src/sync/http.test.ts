import { expect, it, vi } from "vitest"
import { fromBase64, Problem, query, Requests } from "./http"

const answering = (response: () => Response | Promise<Response>, seen: RequestInit[] = []) =>
  new Requests({
    url: "https://weft.test/",
    token: "secret",
    fetch: async (_url, init) => {
      seen.push(init!)
      return await response()
    },
  })

const problem = async (response: () => Response | Promise<Response>): Promise<Problem> => {
  try {
    await answering(response).json("/x", { within: 1000 })
  } catch (error) {
    return error as Problem
  }
  throw new Error("it was answered")
}

const said = (status: number, error: object, headers = {}) => Response.json({ error }, { status, headers })

it("says in the words of the close codes what the server refuses", async () => {
  expect(await problem(() => said(404, { code: "not_found", message: "gone", close_code: 4404 }))).toMatchObject({ closeCode: 4404, code: "not_found" })
  expect(await problem(() => said(409, { code: "resync", message: "", close_code: null }))).toMatchObject({ closeCode: 1006, code: "resync" })
  const busy = said(503, { code: "overloaded", message: "later", close_code: 1013 }, { "Retry-After": "3" })
  expect(await problem(() => busy)).toMatchObject({ closeCode: 1013, code: "overloaded", retryAfter: 3000 })
})

it("believes nobody but the server: what a proxy says is only that it isn't reached", async () => {
  const strangers = [
    () => new Response("<html>", { status: 404 }),
    () => new Response("<html>", { status: 502 }),
    () => new Response("<html>Welcome to our café", { status: 200 }),
    () => Response.json({ detail: "no" }, { status: 401 }),
    () => Promise.reject(new TypeError("fetch failed")),
  ]
  for (const stranger of strangers) expect(await problem(stranger)).toMatchObject({ closeCode: 1006, code: "unreachable" })
  expect(await problem(() => new Response("<html>", { status: 413 }))).toMatchObject({ closeCode: 1006, code: "body_refused" })
})

it("gives up after the time that was set, and not before", async () => {
  const requests = new Requests({
    url: "https://weft.test",
    fetch: (_url, init) => new Promise((_, reject) => init!.signal!.addEventListener("abort", () => reject(new DOMException("", "AbortError")))),
  })
  await expect(requests.json("/x", { within: 20 })).rejects.toMatchObject({ code: "unreachable" })
})

it("waits for a big answer on a slow line as long as it comes, and no longer", async () => {
  let parts: ReadableStreamDefaultController<Uint8Array>
  const requests = new Requests({
    url: "https://weft.test",
    fetch: (_url, init) => {
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void (parts = controller) })
      init!.signal!.addEventListener("abort", () => parts.error(new DOMException("", "AbortError")))
      return Promise.resolve(new Response(body))
    },
  })
  vi.useFakeTimers()
  try {
    const say = async (text: string) => {
      await vi.advanceTimersByTimeAsync(900)
      parts.enqueue(new TextEncoder().encode(text))
    }
    const whole = requests.json("/x", { within: 1000 })
    for (const part of ['{"long"', ":", '"yes"', "}"]) await say(part)
    parts!.close()
    expect(await whole).toEqual({ long: "yes" })
    const broken = expect(requests.json("/x", { within: 1000 })).rejects.toMatchObject({ code: "unreachable" })
    await say("{")
    await vi.advanceTimersByTimeAsync(1000)
    await broken
  } finally {
    vi.useRealTimers()
  }
})

it("takes nothing but a stream for a stream", async () => {
  const requests = answering(() => new Response("<html>", { headers: { "Content-Type": "text/html" } }))
  await expect(requests.stream("/x", {}, new AbortController().signal)).rejects.toMatchObject({ code: "unreachable" })
})

it("carries a token, and never follows to a sign-in page", async () => {
  const seen: RequestInit[] = []
  await answering(() => new Response(null, { status: 204 }), seen).json("/x", { within: 1000 })
  expect(seen[0]).toMatchObject({ headers: { Authorization: "Bearer secret" }, redirect: "error", cache: "no-store" })
})

it("reads base64, and writes of a query only what is there", () => {
  expect([...fromBase64("AP8Q")]).toEqual([0, 255, 16])
  expect(query({ a: "1 2", b: null, c: undefined, d: 0 })).toBe("?a=1+2&d=0")
  expect(query({ a: null })).toBe("")
})
