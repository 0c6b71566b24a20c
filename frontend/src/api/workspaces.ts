import { rememberCsrf, request } from "./client"
import type { Activity, Invitation, Me, Member, Page, Role, User, Workspace } from "./types"

export async function getMe(signal?: AbortSignal): Promise<Me> {
  const me = await request<Me>("GET", "/me", { signal })
  rememberCsrf(me.csrf)
  return me
}

export const createWorkspace = (name: string) => request<Workspace>("POST", "/workspaces", { body: { name } })

export const renameWorkspace = (id: string, name: string) => request<Workspace>("PATCH", `/workspaces/${id}`, { body: { name } })

export const deleteWorkspace = (id: string) => request<unknown>("DELETE", `/workspaces/${id}`)

export const leaveWorkspace = (id: string) => request<unknown>("POST", `/workspaces/${id}/leave`)

export const listMembers = async (id: string, signal?: AbortSignal) =>
  (await request<{ items: Member[] }>("GET", `/workspaces/${id}/members`, { signal })).items

export const changeRole = (id: string, user: number, role: Role) =>
  request<unknown>("PUT", `/workspaces/${id}/members/${user}`, { body: { role } })

export const removeMember = (id: string, user: number) => request<unknown>("DELETE", `/workspaces/${id}/members/${user}`)

export const listInvitations = async (id: string, signal?: AbortSignal) =>
  (await request<{ items: Invitation[] }>("GET", `/workspaces/${id}/invitations`, { signal })).items

export const inviteMember = (id: string, body: { email: string; role: Role }) =>
  request<Invitation>("POST", `/workspaces/${id}/invitations`, { body })

export const revokeInvitation = (id: string, invitation: string) =>
  request<unknown>("DELETE", `/workspaces/${id}/invitations/${invitation}`)

/** Newest first; `cursor` is the `next` of the page before. */
export const listActivity = (id: string, cursor: string | null, signal?: AbortSignal) =>
  request<Page<Activity>>("GET", `/workspaces/${id}/activity`, { query: { cursor }, signal })

/** People who share a workspace with us, for suggestions while an address is typed. */
export const findUsers = async (q: string, signal?: AbortSignal) =>
  (await request<{ items: User[] }>("GET", "/users", { query: { q }, signal })).items
