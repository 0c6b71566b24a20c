/** What the REST API sends, as `documents/api/schemas.py` names it. Ids of documents and workspaces are UUIDs. */

/** From most to least; each may do what those after it may. */
export const ROLES = ["owner", "admin", "editor", "commenter", "reader"] as const
export type Role = (typeof ROLES)[number]

export interface Person {
  id: number
  name: string
}

export interface User extends Person {
  email: string
  color: string
}

export interface Workspace {
  id: string
  name: string
  personal: boolean
  role: Role
  suspended: boolean
  member_count: number
}

export interface Me {
  user: User
  workspaces: Workspace[]
  csrf: string
}

export interface Document {
  id: string
  title: string
  workspace: string
  parent: string | null
  position: number
  /** What the person asking may do here. */
  role: Role
  inherits: boolean
  favourite: boolean
  trashed_at: string | null
  created_at: string
  updated_at: string
  created_by: Person | null
  word_count: number
  has_children: boolean
}

export interface Member {
  user: User
  role: Role
}

export interface DocumentMember extends Member {
  /** Where the right comes from: only `share` can be changed on the document itself. */
  source: "workspace" | "share" | "ancestor" | "owner"
}

export interface Invitation {
  id: string
  email: string
  role: Role
  created_at: string
  invited_by: Person | null
  document: string | null
}

export interface DocumentMembers {
  items: DocumentMember[]
  invitations: Invitation[]
}

export interface Notification {
  id: string
  title: string
  body: string
  /** Where it leads, if to no document: an address of the web, or a path here. */
  url: string
  document: string | null
  /** Whose doing it tells of; a program published it when null. */
  actor: (Person & { color: string }) | null
  created_at: string
  read_at: string | null
}

export interface NotificationPage extends Page<Notification> {
  /** Of all there are, not of this page. */
  unread: number
}

/** One entry of the audit log. */
export interface Activity {
  id: number
  at: string
  /** As `document.shared` or `member.removed`. */
  action: string
  actor: Person | null
  /** To whom it was done. */
  user: Person | null
  document: { id: string; title: string } | null
  details: Readonly<Record<string, string | number | boolean | null>>
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export type ExportFormat = "markdown" | "html" | "text"

export const isAtLeast = (role: Role, minimum: Role): boolean => ROLES.indexOf(role) <= ROLES.indexOf(minimum)
