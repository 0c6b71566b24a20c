import { dehydrate, hydrate, type DehydratedState, type QueryClient, type QueryKey } from "@tanstack/react-query"
import { ApiError } from "../../api/errors"
import type { Me } from "../../api/types"
import type { LocalDatabase } from "../../local/database"
import { keys } from "../data/keys"

/**
 * The API's answers that lists, sidebar and headers are drawn from, kept from one page to the next: what was seen online
 * is there offline, and online it is there at once and then brought up to date.
 */
const NAME = "queries"
/** Goes up when what the API sends changes so that old answers would mislead. */
const FORM = 1
const WRITE_EVERY_MS = 1_000
/** The answers to a page's first questions come together. */
const GATHER_MS = 100
/** What nobody asked for in so long is left behind. */
const DAYS = 90

interface KeptQueries {
  form: number
  state: DehydratedState
}

/** Searches are moments, and who is a member of what can't be acted upon offline. */
const isWorthKeeping = (key: QueryKey): boolean =>
  key[0] === keys.me[0] ||
  (key[0] === "document" && key.length === 2) ||
  (key[0] === "documents" && ["tree", "favourite", "recent", "shared"].includes(String(key[1])))

/** An answer that came before a failure still stands, unless the failure says that it doesn't. */
const isTakenBack = (error: unknown): boolean => error instanceof ApiError && !error.passing

/** Never rejects: without what was kept everything is fetched. */
export async function restoreQueries(client: QueryClient, database: LocalDatabase): Promise<void> {
  try {
    const kept = (await database.answer(NAME)) as KeptQueries | undefined
    if (kept?.form === FORM) hydrate(client, kept.state)
  } catch (error) {
    console.warn("Weft can’t keep lists in this browser.", error)
  }
}

export function queriesToKeep(client: QueryClient, now: number): DehydratedState {
  const oldest = now - DAYS * 86_400_000
  const state = dehydrate(client, {
    shouldDehydrateMutation: () => false,
    shouldDehydrateQuery: ({ queryKey, state }) =>
      isWorthKeeping(queryKey) && state.data !== undefined && state.dataUpdatedAt > oldest && !isTakenBack(state.error),
  })
  const queries = state.queries.map((query) => ({
    ...query,
    state: {
      ...query.state,
      data: query.queryKey[0] === keys.me[0] ? withoutToken(query.state.data as Me) : query.state.data,
      status: "success" as const,
      fetchStatus: "idle" as const,
      error: null,
      fetchFailureCount: 0,
      fetchFailureReason: null,
    },
  }))
  return { mutations: [], queries }
}

/** It belongs to a session, and the page's cookie or the next `/me` brings the one that counts. */
const withoutToken = (me: Me): Me => ({ ...me, csrf: "" })

/** Writes them down as they change. Answers with the function that stops it. */
export function keepQueries(client: QueryClient, database: LocalDatabase): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let writtenAt = 0
  const write = () => {
    clearTimeout(timer)
    timer = undefined
    writtenAt = Date.now()
    const kept: KeptQueries = { form: FORM, state: queriesToKeep(client, Date.now()) }
    database.keepAnswer(NAME, kept).catch(() => undefined) // the first failure was reported by `restoreQueries`
  }
  const stop = client.getQueryCache().subscribe(({ type, query }) => {
    if ((type !== "updated" && type !== "removed") || !isWorthKeeping(query.queryKey)) return
    timer ??= setTimeout(write, Math.max(GATHER_MS, writtenAt + WRITE_EVERY_MS - Date.now()))
  })
  const onHide = () => {
    if (document.visibilityState === "hidden" && timer !== undefined) write()
  }
  document.addEventListener("visibilitychange", onHide)
  return () => {
    clearTimeout(timer)
    stop()
    document.removeEventListener("visibilitychange", onHide)
  }
}
