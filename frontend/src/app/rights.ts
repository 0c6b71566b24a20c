import { type Document, isAtLeast, type Workspace } from "../api/types"

type Standing = Pick<Document, "role" | "trashed_at">

/**
 * Which buttons to show. The server decides (`documents/policy.py`, whose table this follows); a button that would only be
 * refused is one nobody should have to try.
 */
export const mayEdit = ({ role, trashed_at }: Standing): boolean => trashed_at === null && isAtLeast(role, "editor")

/** Sharing, moving and trashing can be undone, so whoever may write may do them. */
export const mayArrange = mayEdit

export const mayRestore = ({ role, trashed_at }: Standing): boolean => trashed_at !== null && isAtLeast(role, "editor")

export const mayPurge = ({ role, trashed_at }: Standing): boolean => trashed_at !== null && isAtLeast(role, "admin")

/** A personal one goes with its account, and in a suspended one nothing changes. */
export const mayDelete = ({ role, personal, suspended }: Workspace): boolean => !personal && !suspended && isAtLeast(role, "owner")
