import { afterEach, describe, expect, it, vi } from "vitest"
import { addressOf, rememberCsrf, request, requestText } from "./client"
import { listDocuments } from "./documents"
import { ApiError, explain } from "./errors"

/** Answers each request with the next of `answers` and keeps what was asked. */
function answering(...answers: (Response | Error)[]) {
  const asked: { url: string; init: RequestInit }[] = []
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push({ url, init })
    const answer = answers.shift()
    if (answer instanceof Response) return answer
    throw answer ?? new Error("nobody expected another request")
  })
  return asked
}

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })
const caught = (promise: Promise<unknown>) => promise.then(() => undefined, (error: unknown) => error as ApiError)

afterEach(() => {
  vi.unstubAllGlobals()
  rememberCsrf("")
})

describe("addresses", () => {
  it("leave out parameters that say nothing", () => {
    expect(addressOf("/documents", { workspace: "w1", q: "", cursor: null, trashed: undefined })).toBe("/api/v1/documents?workspace=w1")
  })

  it("encode what people type", () => {
    expect(addressOf("/documents", { q: "a & b" })).toBe("/api/v1/documents?q=a+%26+b")
  })
})

describe("a request", () => {
  it("carries the CSRF token only when it changes something", async () => {
    rememberCsrf("secret")
    const asked = answering(json({}), json({}, 201))
    await request("GET", "/me")
    await request("POST", "/documents", { body: { title: "Plan" } })
    expect(asked[0]?.init.headers).not.toHaveProperty("X-CSRFToken")
    expect(asked[1]?.init.headers).toMatchObject({ "X-CSRFToken": "secret", "Content-Type": "application/json" })
    expect(asked[1]?.init.body).toBe('{"title":"Plan"}')
  })

  it("prefers the cookie, which another tab may have renewed, over the remembered token", async () => {
    rememberCsrf("old")
    vi.stubGlobal("document", { cookie: "theme=dark; csrftoken=new" })
    const asked = answering(json({}))
    await request("POST", "/documents")
    expect(asked[0]?.init.headers).toMatchObject({ "X-CSRFToken": "new" })
  })

  it("has nothing to read in an answer without content", async () => {
    answering(new Response(null, { status: 204 }))
    await expect(request("DELETE", "/documents/d1")).resolves.toBeUndefined()
  })

  it("hands on text as it is", async () => {
    answering(new Response("# Plan"))
    await expect(requestText("/documents/d1/content")).resolves.toBe("# Plan")
  })
})

describe("a refusal", () => {
  it("keeps the server's code, words and fields", async () => {
    answering(json({ error: { code: "invalid", message: "Check the name.", fields: { name: "Too long." } } }, 422))
    const error = await caught(request("POST", "/workspaces"))
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 422, code: "invalid", message: "Check the name.", fields: { name: "Too long." }, passing: false })
  })

  it("from a proxy, in HTML, is still an error a person can read", async () => {
    answering(new Response("<h1>Bad Gateway</h1>", { status: 502 }))
    const error = await caught(request("GET", "/me"))
    expect(error).toMatchObject({ status: 502, code: "failed", passing: true })
    expect(explain(error)).toContain("502")
  })

  it("by nobody at all says that Weft can't be reached", async () => {
    answering(new TypeError("fetch failed"))
    expect(await caught(request("GET", "/me"))).toMatchObject({ status: 0, code: "unreachable", passing: true })
  })

  it("knows being signed out", async () => {
    answering(new Response("", { status: 401 }))
    expect((await caught(request("GET", "/me")))?.signedOut).toBe(true)
  })

  it("lets the caller's own cancelling through", async () => {
    answering(new DOMException("stop", "AbortError"))
    expect(await caught(request("GET", "/me"))).toMatchObject({ name: "AbortError" })
  })
})

describe("a list", () => {
  it("is read to its last page", async () => {
    const asked = answering(json({ items: [{ id: "a" }], next: "p2" }), json({ items: [{ id: "b" }], next: null }))
    expect((await listDocuments({ workspace: "w1" })).map(({ id }) => id)).toEqual(["a", "b"])
    expect(asked.map(({ url }) => url)).toEqual(["/api/v1/documents?workspace=w1", "/api/v1/documents?workspace=w1&cursor=p2"])
  })
})
