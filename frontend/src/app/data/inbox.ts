import { notifications as toasts } from "@mantine/notifications"
import { type InfiniteData, type QueryClient, useInfiniteQuery, useQueryClient } from "@tanstack/react-query"
import { useMemo } from "react"
import { explain } from "../../api/errors"
import * as api from "../../api/notifications"
import type { Notification, NotificationPage } from "../../api/types"
import { keys } from "./keys"

type Pages = InfiniteData<NotificationPage, string | null>

/** The inbox, page by page, newest first. */
export const useInbox = () =>
  useInfiniteQuery({
    queryKey: keys.notifications,
    queryFn: ({ pageParam, signal }) => api.listNotifications(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  })

/** What changes an inbox, as lists of notifications see it; how many are unread follows. */
type Change = (notifications: Notification[]) => Notification[]

function patch(client: QueryClient, change: Change, unreadBeyond: (unread: number) => number): void {
  client.setQueryData<Pages>(keys.notifications, (inbox) => {
    if (!inbox) return inbox
    const count = (pages: NotificationPage[]) => pages.flatMap(({ items }) => items).filter(({ read_at }) => !read_at).length
    const pages = inbox.pages.map((page) => ({ ...page, items: change(page.items) }))
    const known = count(inbox.pages)
    const unread = (inbox.pages[0]?.unread ?? 0) - known
    const now = unreadBeyond(Math.max(0, unread)) + count(pages)
    return { ...inbox, pages: pages.map((page) => ({ ...page, unread: now })) }
  })
}

const same = (unread: number) => unread

/** What one can do in it: each shows at once, asks the server, and asks anew how things stand. None throws. */
export function inboxActions(client: QueryClient) {
  async function attempt(failure: string, send: () => Promise<unknown>, change: Change, unreadBeyond = same): Promise<void> {
    // An answer on its way was made before our change and would undo what we show.
    await client.cancelQueries({ queryKey: keys.notifications })
    patch(client, change, unreadBeyond)
    try {
      await send()
    } catch (error) {
      toasts.show({ color: "red", title: failure, message: explain(error) })
    } finally {
      void client.invalidateQueries({ queryKey: keys.notifications })
    }
  }

  const now = () => new Date().toISOString()

  return {
    mark: (id: string, read: boolean) =>
      attempt(read ? "Not marked as read" : "Not marked as unread", () => api.markNotification(id, read), (notifications) =>
        notifications.map((each) => (each.id === id ? { ...each, read_at: read ? (each.read_at ?? now()) : null } : each)),
      ),

    markAll: (until: string) =>
      attempt(
        "Not marked as read",
        () => api.markAllRead(until),
        (notifications) => notifications.map((each) => ({ ...each, read_at: each.read_at ?? now() })),
        () => 0,
      ),

    remove: (id: string) =>
      attempt("Not deleted", () => api.deleteNotification(id), (notifications) => notifications.filter((each) => each.id !== id)),
  }
}

export function useInboxActions() {
  const client = useQueryClient()
  return useMemo(() => inboxActions(client), [client])
}
