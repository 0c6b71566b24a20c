import type { Document } from "../../api/types"

/**
 * Titles of the documents open in this tab. They are ahead of the server's, which derives them a moment later: a list that
 * is fetched in between must not show the title jumping back.
 */
const titles = new Map<string, string>()

export const setLiveTitle = (id: string, title: string): unknown => titles.set(id, title)

export const forgetLiveTitle = (id: string): unknown => titles.delete(id)

export function withLiveTitle<Shown extends Document>(document: Shown): Shown {
  const title = titles.get(document.id)
  return title === undefined || title === document.title ? document : { ...document, title }
}
