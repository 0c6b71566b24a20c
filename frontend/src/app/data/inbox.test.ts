import { type InfiniteData, QueryClient } from "@tanstack/react-query"
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import type { Notification, NotificationPage } from "../../api/types"
import { inboxActions } from "./inbox"
import { keys } from "./keys"

let client: QueryClient
const answers = vi.fn<(url: string, init: RequestInit) => Promise<Response>>()

const news = (id: string, read = false): Notification => ({
  id,
  title: id,
  body: "",
  url: "",
  document: null,
  actor: null,
  created_at: "2026-11-26T12:00:00Z",
  read_at: read ? "2026-11-26T12:01:00Z" : null,
})

beforeEach(() => {
  client = new QueryClient()
  // Two pages are here, with three unread; two more lie beyond.
  const pages: NotificationPage[] = [
    { items: [news("a"), news("b", true)], next: "p2", unread: 5 },
    { items: [news("c"), news("d")], next: "p3", unread: 5 },
  ]
  client.setQueryData(keys.notifications, { pages, pageParams: [null, "p2"] })
  answers.mockResolvedValue(new Response("{}"))
  vi.stubGlobal("fetch", answers)
})

afterEach(() => {
  vi.unstubAllGlobals()
  answers.mockReset()
})

const shown = () => {
  const { pages } = client.getQueryData<InfiniteData<NotificationPage>>(keys.notifications)!
  const unread = pages.flatMap(({ items }) => items).filter(({ read_at }) => !read_at)
  return { ids: pages.flatMap(({ items }) => items.map(({ id }) => id)), unread: unread.map(({ id }) => id), badge: pages[0]!.unread }
}

it("what is read is so at once, here and in the badge", async () => {
  const done = inboxActions(client).mark("c", true)
  await vi.waitFor(() => expect(shown()).toEqual({ ids: ["a", "b", "c", "d"], unread: ["a", "d"], badge: 4 }))
  await done
  expect(answers.mock.calls[0]![0]).toBe("/api/v1/notifications/c")
})

it("reading again changes no count, and unread is one more", async () => {
  await inboxActions(client).mark("b", true)
  expect(shown().badge).toBe(5)
  await inboxActions(client).mark("b", false)
  expect(shown()).toMatchObject({ unread: ["a", "b", "c", "d"], badge: 6 })
})

it("reading all reads those beyond the pages here, too, but none that came later", async () => {
  await inboxActions(client).markAll("2026-11-26T12:00:00Z")
  expect(shown()).toMatchObject({ unread: [], badge: 0 })
  expect(answers.mock.calls[0]![1].body).toBe('{"until":"2026-11-26T12:00:00Z"}')
})

it("deleting an unread one takes it off the badge", async () => {
  await inboxActions(client).remove("a")
  expect(shown()).toEqual({ ids: ["b", "c", "d"], unread: ["c", "d"], badge: 4 })
})

it("what the server refuses is asked for anew", async () => {
  answers.mockResolvedValue(new Response("{}", { status: 404 }))
  await inboxActions(client).remove("a")
  expect(client.getQueryState(keys.notifications)?.isInvalidated).toBe(true)
})
