import { request } from "./client"
import type { Notification, NotificationPage } from "./types"

export const listNotifications = (cursor: string | null, signal?: AbortSignal) =>
  request<NotificationPage>("GET", "/notifications", { query: { cursor, limit: 20 }, signal })

export const markNotification = (id: string, read: boolean) => request<Notification>("PATCH", `/notifications/${id}`, { body: { read } })

/** Up to those made at `until`: what arrives meanwhile was not seen by whoever pressed the button. */
export const markAllRead = (until: string) => request<unknown>("POST", "/notifications/read", { body: { until } })

export const deleteNotification = (id: string) => request<unknown>("DELETE", `/notifications/${id}`)
