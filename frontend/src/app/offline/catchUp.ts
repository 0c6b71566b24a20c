import type { QueryClient } from "@tanstack/react-query"
import { getDocument } from "../../api/documents"
import { ApiError } from "../../api/errors"
import type { Document } from "../../api/types"
import type { KeptSummary, LocalDatabase } from "../../local/database"
import { keys } from "../data/keys"
import { isOffline } from "./reach"
import { isRefused } from "./refused"

/**
 * What is to be done when the server can be reached (again): edits of documents that nobody has open go out, what is
 * marked "keep offline" is brought up to date, and what is beyond the bounds is let go of.
 */

let running: Promise<void> | null = null

/** One at a time, in one tab at a time: two would fetch everything twice. */
export function catchUp(client: QueryClient, database: LocalDatabase): Promise<void> {
  running ??= alone(() => run(client, database))
    .catch((error: unknown) => console.warn("Weft could not bring its offline documents up to date.", error))
    .finally(() => {
      running = null
    })
  return running
}

async function run(client: QueryClient, database: LocalDatabase): Promise<void> {
  const { refresh } = await import("../document/refresh")
  const { isOpen } = await import("../document/liveDocuments")
  for (const kept of await database.summaries()) {
    if (isOffline()) return
    if (kept.waiting === 0 && !kept.keepOffline) continue
    const document = await ask(client, kept.id)
    if (document === "unreached") return
    if (document === "gone" && kept.waiting === 0) {
      await database.forget(kept.id)
      continue
    }
    if (document === "gone" || isDue(kept, document)) {
      const outcome = await refresh(kept.id)
      if (outcome === "equal" && document !== "gone") await database.receivedAsOf(kept.id, document.updated_at)
      if (outcome !== "unreached") isRefused(kept.id, outcome === "refused" && kept.waiting > 0)
    }
  }
  await database.tidy(isOpen)
}

export const isDue = (kept: KeptSummary, document: Document): boolean =>
  kept.waiting > 0 || (kept.keepOffline && (!kept.whole || kept.asOf !== document.updated_at))

/** Its title and rights belong to what is kept: without them it could not be shown. */
async function ask(client: QueryClient, id: string): Promise<Document | "gone" | "unreached"> {
  try {
    return await client.fetchQuery({ queryKey: keys.document(id), queryFn: ({ signal }) => getDocument(id, signal), staleTime: 0 })
  } catch (error) {
    return error instanceof ApiError && error.notFound ? "gone" : "unreached"
  }
}

async function alone(act: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return act()
  await navigator.locks.request("weft-catch-up", { ifAvailable: true }, async (lock) => {
    if (lock) await act()
  })
}
