import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect, useMemo, useState } from "react"
import { type DocumentFilter, getDocument, listDocumentMembers, listDocuments, searchDocuments } from "../../api/documents"
import { ApiError } from "../../api/errors"
import type { Document, Me, Workspace } from "../../api/types"
import { getMe, listActivity, listInvitations, listMembers } from "../../api/workspaces"
import { isOffline } from "../offline/reach"
import { buildTree } from "../tree/model"
import { keys } from "./keys"
import { withLiveTitle } from "./liveTitles"

/** Refusals are final; only what may pass by itself is asked again. Offline it is asked when the server is back. */
export const retry = (failures: number, error: unknown): boolean => failures < 2 && error instanceof ApiError && error.passing && !isOffline()

const list = async (filter: DocumentFilter, signal: AbortSignal) => (await listDocuments(filter, signal)).map(withLiveTitle)

export const useMe = () => useQuery({ queryKey: keys.me, queryFn: ({ signal }) => getMe(signal), staleTime: 60_000 })

/** Below the shell, which waits for `/me`, there is always someone. */
export function useSignedIn(): Me {
  const { data } = useMe()
  if (!data) throw new Error("useSignedIn belongs below the shell")
  return data
}

export const useWorkspace = (id: string | undefined): Workspace | undefined =>
  useSignedIn().workspaces.find((workspace) => workspace.id === id)

/**
 * The one of a page's address. Who has just accepted an invitation comes to a browser that remembers less: before it says
 * that they are no member, it is asked whether they are by now.
 */
export function useWorkspaceOfPage(id: string): { workspace: Workspace | undefined; asking: boolean } {
  const { dataUpdatedAt, error, fetchStatus, refetch } = useMe()
  const workspace = useWorkspace(id)
  const [openedAt] = useState(() => Date.now())
  const asking = workspace === undefined && dataUpdatedAt < openedAt && error === null && fetchStatus !== "paused"
  useEffect(() => {
    if (asking) void refetch({ cancelRefetch: false })
  }, [asking, refetch])
  return { workspace, asking }
}

export const useWorkspaceDocuments = (workspace: string | undefined) =>
  useQuery({
    queryKey: keys.tree(workspace ?? ""),
    queryFn: ({ signal }) => list({ workspace }, signal),
    enabled: workspace !== undefined,
  })

export function useDocumentTree(workspace: string | undefined) {
  const query = useWorkspaceDocuments(workspace)
  const tree = useMemo(() => buildTree(query.data ?? []), [query.data])
  return { ...query, tree }
}

export type ListKind = "favourite" | "recent" | "shared" | "trashed"

export const useDocumentList = (kind: ListKind) =>
  useQuery({ queryKey: keys.list(kind), queryFn: ({ signal }) => list({ [kind]: true }, signal) })

/** More than are shown: those at hand may be among them. */
const FOUND = 30

export const useDocumentSearch = (q: string) =>
  useQuery({
    queryKey: keys.search(q),
    queryFn: async ({ signal }) => (await searchDocuments(q, FOUND, signal)).map(withLiveTitle),
    enabled: q !== "",
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    gcTime: 300_000,
  })

export const useDocument = (id: string) =>
  useQuery<Document>({ queryKey: keys.document(id), queryFn: async ({ signal }) => withLiveTitle(await getDocument(id, signal)) })

/** As some list has it, which is what there is offline when it was not asked for by itself. */
export function useListedDocument(id: string): Document | undefined {
  const lists = useQueryClient().getQueriesData<Document[]>({ queryKey: keys.documents })
  return lists.flatMap(([, documents]) => documents ?? []).find((document) => document.id === id)
}

export const useDocumentMembers = (id: string, enabled: boolean) =>
  useQuery({ queryKey: keys.documentMembers(id), queryFn: ({ signal }) => listDocumentMembers(id, signal), enabled })

export const useWorkspaceMembers = (id: string) =>
  useQuery({ queryKey: keys.workspaceMembers(id), queryFn: ({ signal }) => listMembers(id, signal) })

export const useWorkspaceInvitations = (id: string, enabled: boolean) =>
  useQuery({ queryKey: keys.workspaceInvitations(id), queryFn: ({ signal }) => listInvitations(id, signal), enabled })

export const useWorkspaceActivity = (id: string) =>
  useInfiniteQuery({
    queryKey: keys.workspaceActivity(id),
    queryFn: ({ pageParam, signal }) => listActivity(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })
