import { QueryClient, QueryObserver } from "@tanstack/react-query"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { UserEvent } from "../../sync"
import { keys } from "./keys"
import { invalidateFromEvents } from "./staleness"

const here = keys.tree("here")
const elsewhere = keys.tree("elsewhere")
const plan = keys.document("plan")
const planMembers = keys.documentMembers("plan")
const other = keys.document("other")
const everything = [keys.me, here, elsewhere, keys.list("favourite"), keys.list("shared"), plan, planMembers, other, keys.workspaceMembers("here")]

describe("an event", () => {
  let client: QueryClient
  let live: ReturnType<typeof invalidateFromEvents>

  beforeEach(() => {
    vi.useFakeTimers()
    client = new QueryClient()
    for (const key of everything) client.setQueryData(key, [])
    live = invalidateFromEvents(client)
  })
  afterEach(() => {
    live.stop()
    vi.useRealTimers()
  })

  const staleAfter = (...events: UserEvent[]) => {
    for (const event of events) live.take(event)
    vi.advanceTimersByTime(1000)
    return everything.filter((key) => client.getQueryState(key)?.isInvalidated)
  }

  it("about documents makes their workspace's list and themselves stale, not other workspaces", () => {
    const stale = staleAfter({ kind: "documents", workspace: "here", documents: ["plan"], change: "renamed" })
    expect(stale).toEqual([here, keys.list("favourite"), keys.list("shared"), plan, planMembers])
  })

  it("about memberships makes all lists stale, for rights come from there", () => {
    const stale = staleAfter({ kind: "memberships", workspace: "here" })
    expect(stale).toEqual([keys.me, here, elsewhere, keys.list("favourite"), keys.list("shared"), keys.workspaceMembers("here")])
  })

  it("about access makes the named documents and their members stale", () => {
    expect(staleAfter({ kind: "access", documents: ["plan"] })).toEqual(expect.arrayContaining([keys.me, here, plan, planMembers]))
    expect(client.getQueryState(other)?.isInvalidated).toBe(false)
  })

  it("of greeting makes everything stale, for nobody knows what was missed", () => {
    expect(staleAfter({ kind: "hello" })).toEqual(everything)
  })

  it("of first greeting lets a list under way arrive; a later one asks for it anew", () => {
    const slow = keys.tree("slow")
    const read = vi.fn(() => new Promise(() => undefined))
    const observer = new QueryObserver(client, { queryKey: slow, queryFn: read })
    const stop = observer.subscribe(() => undefined)
    staleAfter({ kind: "hello" })
    expect(read).toHaveBeenCalledTimes(1)
    client.setQueryData(slow, [])
    staleAfter({ kind: "hello" })
    expect(read).toHaveBeenCalledTimes(2)
    stop()
  })

  it("of being signed out makes nothing stale: there is nobody to ask for", () => {
    expect(staleAfter({ kind: "signed-out" })).toEqual([])
  })

  it("in a burst asks once for each thing", () => {
    const invalidate = vi.spyOn(client, "invalidateQueries")
    const typed: UserEvent = { kind: "documents", workspace: "here", documents: ["plan"], change: "updated" }
    staleAfter(typed, typed, typed, typed)
    const about = invalidate.mock.calls.map(([filters]) => JSON.stringify(filters?.queryKey))
    expect(new Set(about).size).toBe(about.length)
  })

  it("after the end asks for nothing", () => {
    live.take({ kind: "hello" })
    live.stop()
    vi.advanceTimersByTime(1000)
    expect(client.getQueryState(keys.me)?.isInvalidated).toBe(false)
  })
})
