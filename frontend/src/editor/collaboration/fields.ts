import type { Doc, Text, XmlFragment } from "yjs"

/** The root a document keeps its body in: Tiptap's default field, which the server reads too. */
export const BODY = "default"

export function bodyOf(doc: Doc): XmlFragment {
  return doc.getXmlFragment(BODY)
}

/** Where a document keeps its title. */
export function titleOf(doc: Doc): Text {
  return doc.getText("title")
}

/** The origin of title edits made here, so that history tells them from other people's. */
export const titleOrigin = { kind: "title" } as const
