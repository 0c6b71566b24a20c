import { isAtLeast, type Role } from "../../api/types"

export const roleNames: Record<Role, string> = {
  owner: "Owner",
  admin: "Admin",
  editor: "Can edit",
  commenter: "Can comment",
  reader: "Can read",
}

export const roleDescriptions: Record<Role, string> = {
  owner: "Everything, including deleting the workspace",
  admin: "Manage people, move and delete documents",
  editor: "Write, create and share",
  commenter: "Read and comment",
  reader: "Read and export",
}

/** What someone with `own` may give to others: never more than they have, and a second owner only by an owner. */
export const rolesToGive = (own: Role): Role[] =>
  (["owner", "admin", "editor", "commenter", "reader"] as const).filter((role) => isAtLeast(own, role))
