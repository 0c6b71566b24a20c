import { notifications } from "@mantine/notifications"
import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query"
import { useMemo } from "react"
import * as api from "../../api/documents"
import { explain } from "../../api/errors"
import type { Document } from "../../api/types"
import { mayPurge } from "../rights"
import { counted, type Place, titleOf, withMoved } from "../tree/model"
import { keys } from "./keys"
import { offerUndo } from "./undo"

type Change = (documents: readonly Document[]) => Document[]

/**
 * Every cached list, and each document on its own. Where nothing changes nothing is written: an answer of ours would wipe
 * out that the server said no meanwhile.
 */
function patchCaches(client: QueryClient, change: Change): void {
  client.setQueriesData<Document[]>({ queryKey: keys.documents }, (documents) => documents && changed(documents, change))
  client.setQueriesData<Document>({ predicate: ({ queryKey }) => isDocumentKey(queryKey) }, (document) => document && changed([document], change)?.[0])
}

function changed(documents: readonly Document[], change: Change): Document[] | undefined {
  const now = change(documents)
  const isSame = now.length === documents.length && now.every((document, at) => document === documents[at])
  return isSame ? undefined : now
}

const isDocumentKey = (key: QueryKey): boolean => key[0] === "document" && key.length === 2

const patched =
  (id: string, patch: Partial<Document>): Change =>
  (documents) =>
    documents.map((document) => (document.id === id && differs(document, patch) ? { ...document, ...patch } : document))

const differs = (document: Document, patch: Partial<Document>): boolean =>
  Object.entries(patch).some(([name, value]) => document[name as keyof Document] !== value)

/** The title as it is being typed, everywhere it is shown; the server follows by itself. */
export const showTitle = (client: QueryClient, id: string, title: string): void => patchCaches(client, patched(id, { title }))

export type DocumentActions = ReturnType<typeof documentActions>

/**
 * What one can do to a document from any list or menu. Each shows its result at once, asks the server, and takes it back
 * with an explanation when the server says no; none throws. Those that make something answer with it, or undefined.
 */
export function documentActions(client: QueryClient) {
  const refresh = () => client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === "documents" || isDocumentKey(queryKey) })

  async function attempt<T>(failure: string, send: () => Promise<T>, shown?: Change): Promise<T | undefined> {
    // An answer on its way was made before our change and would undo what we show.
    await client.cancelQueries({ queryKey: keys.documents })
    const former = client.getQueriesData({ predicate: ({ queryKey }) => queryKey[0] === "documents" || isDocumentKey(queryKey) })
    if (shown) patchCaches(client, shown)
    try {
      return await send()
    } catch (error) {
      for (const [key, data] of former) client.setQueryData(key, data)
      notifications.show({ color: "red", title: failure, message: explain(error) })
      return undefined
    } finally {
      void refresh()
    }
  }

  const without =
    (id: string): Change =>
    (documents) =>
      documents.filter((document) => document.id !== id)

  let creating = false

  const restore = (document: Document) => attempt("Not restored", () => api.restoreDocument(document.id))

  return {
    async create(given: { workspace?: string; parent?: string | null; title?: string }) {
      if (creating) return undefined // who clicks twice wants one
      creating = true
      try {
        return await attempt("No document was made", () => api.createDocument(given))
      } finally {
        creating = false
      }
    },

    rename: (document: Document, title: string) =>
      attempt("Not renamed", () => api.changeDocument(document.id, { title }), patched(document.id, { title })),

    move: (document: Document, place: Place) =>
      attempt("Not moved", () => api.moveDocument(document.id, place), (documents) => withMoved(documents, document.id, place)),

    async duplicate(document: Document) {
      const copy = await attempt("Not duplicated", () => api.duplicateDocument(document.id))
      if (copy) notifications.show({ message: `Made “${titleOf(copy)}”` })
      return copy
    },

    favourite: (document: Document, favourite: boolean) =>
      attempt(
        favourite ? "Not added to favourites" : "Not removed from favourites",
        () => api.setFavourite(document.id, favourite),
        patched(document.id, { favourite }),
      ),

    async trash(document: Document): Promise<boolean> {
      const done = await attempt("Not moved to the trash", async () => {
        await api.trashDocument(document.id)
        return true
      })
      if (done) offerUndo(`“${titleOf(document)}” is in the trash`, () => void restore(document))
      return done ?? false
    },

    async restore(document: Document) {
      const restored = await restore(document)
      if (restored) notifications.show({ message: `“${titleOf(document)}” is back` })
      return restored
    },

    async purge(document: Document): Promise<boolean> {
      const done = await attempt(
        "Not deleted",
        async () => {
          await api.purgeDocument(document.id)
          return true
        },
        without(document.id),
      )
      return done ?? false
    },

    /** Of what lies there, last trashed first, all that we may delete for good. */
    async emptyTrash(documents: readonly Document[]) {
      const gone = new Set(documents.filter(mayPurge).map(({ id }) => id))
      const until = documents[0]?.trashed_at
      if (!until) return
      const answer = await attempt("The trash was not emptied", () => api.emptyTrash(until), (known) => known.filter(({ id }) => !gone.has(id)))
      if (answer) notifications.show({ message: `${counted(answer.purged)} deleted for good` })
    },
  }
}

export function useDocumentActions(): DocumentActions {
  const client = useQueryClient()
  return useMemo(() => documentActions(client), [client])
}
