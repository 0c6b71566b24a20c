import { notifications } from "@mantine/notifications"
import type { QueryClient } from "@tanstack/react-query"
import type { Document } from "../../api/types"
import { titleOf } from "../tree/model"
import { catchUp } from "./catchUp"
import { lookAtKept } from "./kept"
import { askToLast } from "./lasting"
import { local } from "./local"

/** Marks a document to stay in this browser, and fetches it; or takes the mark away. */
export async function keepOffline(client: QueryClient, document: Document, keep: boolean): Promise<void> {
  const database = local()
  try {
    if (!database) throw new Error("nobody is known")
    if (keep) askToLast(true)
    await database.keepOffline(document.id, keep)
    if (keep) await catchUp(client, database)
    await lookAtKept()
    const title = `“${titleOf(document)}”`
    const here = keep && (await database.summaries()).some(({ id, whole }) => id === document.id && whole)
    notifications.show({
      message: !keep ? `${title} is no longer kept offline` : here ? `${title} opens without a network now` : `${title} will be fetched for offline use`,
    })
  } catch {
    notifications.show({ color: "red", title: "Not kept offline", message: "Your browser does not let Weft store documents here. In a private window it may not." })
  }
}
