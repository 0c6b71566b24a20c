import { addressOf, request, requestText } from "./client"
import type { Document, DocumentMembers, ExportFormat, Page, Role } from "./types"

export interface DocumentFilter {
  workspace?: string
  trashed?: boolean
  favourite?: boolean
  recent?: boolean
  shared?: boolean
}

/** All pages: the server cuts only after thousands, and a tree can't be drawn from a part. */
export async function listDocuments(filter: DocumentFilter, signal?: AbortSignal): Promise<Document[]> {
  const items: Document[] = []
  let cursor: string | null = null
  do {
    const page: Page<Document> = await request("GET", "/documents", { query: { ...filter, cursor }, signal })
    items.push(...page.items)
    cursor = page.next
  } while (cursor)
  return items
}

/** With the place where the text holds what was looked for, if it does. */
export type FoundDocument = Document & { excerpt?: string }

/** The best of them: what is further down is found by saying more. */
export async function searchDocuments(q: string, limit: number, signal?: AbortSignal): Promise<FoundDocument[]> {
  const { items, excerpts } = await request<FoundPage>("GET", "/documents", { query: { q, limit }, signal })
  return items.map((document) => ({ ...document, excerpt: excerpts[document.id] }))
}

type FoundPage = Page<Document> & { excerpts: Record<string, string> }

export const getDocument = (id: string, signal?: AbortSignal) => request<Document>("GET", `/documents/${id}`, { signal })

export const createDocument = (body: { title?: string; workspace?: string; parent?: string | null }) =>
  request<Document>("POST", "/documents", { body })

export const changeDocument = (id: string, body: { title?: string; inherits?: boolean }) =>
  request<Document>("PATCH", `/documents/${id}`, { body })

/** `before` is the sibling to stand before; null puts the document last. */
export const moveDocument = (id: string, place: { parent: string | null; before: string | null }) =>
  request<Document>("POST", `/documents/${id}/move`, { body: place })

export const duplicateDocument = (id: string) => request<Document>("POST", `/documents/${id}/duplicate`)

export const trashDocument = (id: string) => request<unknown>("DELETE", `/documents/${id}`)

export const restoreDocument = (id: string) => request<Document>("POST", `/documents/${id}/restore`)

/** What you may delete for good of what was trashed up to `until`; later ones were not seen by whoever pressed the button. */
export const emptyTrash = (until: string) => request<{ purged: number }>("POST", "/trash/empty", { body: { until } })

export const purgeDocument = (id: string) => request<unknown>("DELETE", `/documents/${id}`, { query: { purge: true } })

export const setFavourite = (id: string, favourite: boolean) =>
  request<unknown>(favourite ? "PUT" : "DELETE", `/documents/${id}/favourite`)

export const recordVisit = (id: string) => request<unknown>("POST", `/documents/${id}/visit`)

export const readContent = (id: string, format: ExportFormat) => requestText(`/documents/${id}/content`, { query: { format } })

export const downloadAddress = (id: string, format: ExportFormat) =>
  addressOf(`/documents/${id}/content`, { format, download: 1 })

export const listDocumentMembers = (id: string, signal?: AbortSignal) =>
  request<DocumentMembers>("GET", `/documents/${id}/members`, { signal })

/** Someone without an account is invited instead; the answer to `listDocumentMembers` tells which. */
export const shareDocument = (id: string, body: { email: string; role: Role }) =>
  request<unknown>("POST", `/documents/${id}/members`, { body })

export const changeShare = (id: string, user: number, role: Role) =>
  request<unknown>("PUT", `/documents/${id}/members/${user}`, { body: { role } })

export const removeShare = (id: string, user: number) => request<unknown>("DELETE", `/documents/${id}/members/${user}`)
