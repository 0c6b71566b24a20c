import { defaultDeleteFilter, defaultProtectedNodes, ySyncPluginKey } from "@tiptap/y-tiptap"
import { type Doc, UndoManager } from "yjs"
import { bodyOf, titleOf, titleOrigin } from "./fields"

/**
 * One history for title and body together, of this person's edits only. Undo in either field takes back the last thing
 * done, wherever it was; what others wrote in between stays.
 */
export function createHistory(doc: Doc): UndoManager {
  return new UndoManager([bodyOf(doc), titleOf(doc)], {
    trackedOrigins: new Set<unknown>([ySyncPluginKey, titleOrigin]),
    // Undoing the line I began must not take away what another wrote into it since.
    deleteFilter: (item) => defaultDeleteFilter(item, defaultProtectedNodes),
    captureTransaction: (transaction) => transaction.meta.get("addToHistory") !== false,
  })
}
