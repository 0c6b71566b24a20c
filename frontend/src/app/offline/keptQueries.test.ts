import "fake-indexeddb/auto"
import { QueryClient } from "@tanstack/react-query"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { ApiError, unreachable } from "../../api/errors"
import type { Document, Me } from "../../api/types"
import { LocalDatabase } from "../../local/database"
import { keys } from "../data/keys"
import { aDocument } from "../testing/documents"
import { keepQueries, queriesToKeep, restoreQueries } from "./keptQueries"

const plan = aDocument({ id: "plan" })
const me: Me = { user: { id: 7, name: "Ann", email: "ann@example.com", color: "#30bced" }, workspaces: [], csrf: "secret" }

let client: QueryClient
let database: LocalDatabase
let user = 0

beforeEach(() => {
  client = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Number.POSITIVE_INFINITY } } })
  database = new LocalDatabase(++user)
})
afterEach(() => database.destroy())

async function nextPage(): Promise<QueryClient> {
  const next = new QueryClient()
  await restoreQueries(next, database)
  return next
}
const kept = () => queriesToKeep(client, Date.now()).queries.map(({ queryKey }) => queryKey)

describe("the API's answers", () => {
  it("are there in the next page, and known to be old", async () => {
    const stop = keepQueries(client, database)
    client.setQueryData(keys.me, me)
    client.setQueryData(keys.tree("home"), [plan])
    client.setQueryData(keys.document("plan"), plan)
    await vi.waitFor(async () => expect(await database.answer("queries")).toBeDefined(), 3_000)
    stop()
    const next = await nextPage()
    expect(next.getQueryData<Me>(keys.me)?.user.name).toBe("Ann")
    expect(next.getQueryData<Document[]>(keys.tree("home"))).toEqual([plan])
    expect(next.getQueryState(keys.document("plan"))?.dataUpdatedAt).toBe(client.getQueryState(keys.document("plan"))?.dataUpdatedAt)
  })

  it("are kept without the token of the session", () => {
    client.setQueryData(keys.me, me)
    expect(JSON.stringify(queriesToKeep(client, Date.now()))).not.toContain("secret")
    expect(client.getQueryData<Me>(keys.me)?.csrf).toBe("secret")
  })

  it("aren't kept where they are of the moment, or of other people", () => {
    client.setQueryData(keys.search("pla"), [plan])
    client.setQueryData(keys.documentMembers("plan"), { items: [], invitations: [] })
    client.setQueryData(keys.list("trashed"), [plan])
    client.setQueryData(keys.list("recent"), [plan])
    expect(kept()).toEqual([keys.list("recent")])
  })

  it("outlive a failure to ask again, unless the server took them back", async () => {
    const ask = (id: string, error: Error) => {
      client.setQueryData(keys.document(id), plan)
      return client.fetchQuery({ queryKey: keys.document(id), queryFn: () => Promise.reject(error) }).catch(() => undefined)
    }
    await ask("offline", unreachable())
    await ask("gone", new ApiError(404, "not_found", "No such document."))
    expect(kept()).toEqual([keys.document("offline")])
  })

  it("are left behind when nobody asked for them in months", () => {
    client.setQueryData(keys.document("plan"), plan, { updatedAt: Date.now() - 100 * 86_400_000 })
    expect(kept()).toEqual([])
  })
})
