import { type Document, isAtLeast } from "../api/types"

/**
 * Which buttons to show. The server decides (`documents/policy.py`, whose table this follows); a button that would only be
 * refused is one nobody should have to try.
 */
export const mayEdit = (document: Pick<Document, "role">): boolean => isAtLeast(document.role, "editor")

/** Sharing, moving, trashing and restoring can be undone, so whoever may write may do them. */
export const mayArrange = mayEdit

export const mayPurge = (document: Pick<Document, "role">): boolean => isAtLeast(document.role, "admin")
