import type { QueryKey } from "@tanstack/react-query"

/** Names of what is cached. A prefix names all that starts with it, which is how whole families are made stale. */
export const keys = {
  me: ["me"] as const,
  documents: ["documents"] as const,
  tree: (workspace: string) => ["documents", "tree", workspace] as const,
  list: (kind: "favourite" | "recent" | "shared" | "trashed") => ["documents", kind] as const,
  search: (q: string) => ["documents", "search", q] as const,
  document: (id: string) => ["document", id] as const,
  documentMembers: (id: string) => ["document", id, "members"] as const,
  workspaceMembers: (id: string) => ["workspace", id, "members"] as const,
  workspaceInvitations: (id: string) => ["workspace", id, "invitations"] as const,
  workspaceActivity: (id: string) => ["workspace", id, "activity"] as const,
  workspace: (id: string) => ["workspace", id] as const,
  notifications: ["notifications"] as const,
} satisfies Record<string, QueryKey | ((name: never) => QueryKey)>
