import { ApiError, readFailure, unreachable } from "./errors"

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

/** Absent and empty parameters are left out of the address. */
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface RequestOptions {
  query?: Query
  body?: unknown
  signal?: AbortSignal
}

const ROOT = "/api/v1"

let remembered = ""

/** Takes over the token that `/me` sends, for deployments that hide the cookie from scripts. */
export function rememberCsrf(token: string): void {
  remembered = token
}

/**
 * The cookie first: signing in anew in another tab changes it, and a remembered token would then be refused.
 */
export function csrfToken(): string {
  const cookies = typeof document === "undefined" ? "" : document.cookie
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(cookies)?.[1] ?? remembered
}

export function addressOf(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value))
  }
  const search = parameters.toString()
  return ROOT + path + (search ? `?${search}` : "")
}

/** What a request told of the server, apart from its answer. */
export interface Outcome {
  /** Whether there was an answer at all. A proxy's word for "away" is none. */
  answered: boolean
  /** Which pages the server serves now. */
  build: string | null
}

const watchers = new Set<(outcome: Outcome) => void>()

/** Calls back after each request; answers with the function that stops it. */
export function watchRequests(watch: (outcome: Outcome) => void): () => void {
  watchers.add(watch)
  return () => watchers.delete(watch)
}

const tell = (outcome: Outcome): void => {
  for (const watch of [...watchers]) watch(outcome)
}

const isAway = (status: number): boolean => status === 502 || status === 503 || status === 504

async function send(method: Method, path: string, { query, body, signal }: RequestOptions, accept: string): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept }
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken()
  if (body !== undefined) headers["Content-Type"] = "application/json"
  let response: Response
  try {
    response = await fetch(addressOf(path, query), {
      method,
      headers,
      credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error
    tell({ answered: false, build: null })
    throw unreachable()
  }
  tell({ answered: !isAway(response.status), build: response.headers.get("Weft-Build") })
  if (!response.ok) throw readFailure(response.status, await readJson(response))
  return response
}

/** An answer that isn't JSON reads as undefined: the status has said enough. */
async function readJson(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await response.text())
  } catch {
    return undefined
  }
}

export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, options, "application/json")
  if (response.status === 204) return undefined as T
  const body = await readJson(response)
  if (body === undefined) throw new ApiError(response.status, "failed", "The server’s answer could not be read.")
  return body as T
}

export async function requestText(path: string, options: RequestOptions = {}): Promise<string> {
  return (await send("GET", path, options, "*/*")).text()
}
