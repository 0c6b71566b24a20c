import type { Activity, Role } from "../../api/types"

/** What somebody did, in words around the document's name. */
export interface Deed {
  before: string
  document: { id: string | null; title: string } | null
  after: string
}

type Words = (entry: Activity) => readonly [before: string, after?: string]

const said = (value: Activity["details"][string] | undefined): string => (typeof value === "string" && value !== "" ? value : "")
const name = (entry: Activity): string => entry.user?.name ?? "somebody"
const quoted = (value: string): string => `“${value || "Untitled"}”`

const abilities: Record<Role, string> = {
  owner: "as an owner",
  admin: "as an admin",
  editor: "to edit",
  commenter: "to comment",
  reader: "to read",
}
const ability = (role: Activity["details"][string] | undefined): string => abilities[said(role) as Role] ?? ""

const formats: Record<string, string> = { markdown: "Markdown", html: "HTML", text: "text", json: "JSON" }

/** Of all that has to do with a document or a workspace. `documents/actions` gives these names. */
const deeds: Record<string, Words> = {
  "workspace.created": () => ["created the workspace"],
  "workspace.renamed": ({ details }) => [`renamed the workspace from ${quoted(said(details.old))} to ${quoted(said(details.new))}`],
  "workspace.suspended": () => ["suspended the workspace"],
  "workspace.unsuspended": () => ["lifted the suspension of the workspace"],
  "member.added": (entry) => [`added ${name(entry)} ${ability(entry.details.role)}`],
  "member.removed": (entry) => [`removed ${name(entry)}`],
  "member.left": () => ["left the workspace"],
  "member.role_changed": (entry) => [
    `changed the role of ${name(entry)}: from ${said(entry.details.old) || "none"} to ${said(entry.details.new) || "none"}`,
  ],
  "invitation.sent": ({ details, document }) => [
    `invited ${said(details.email)} ${ability(details.role)}${document ? ":" : ""}`,
  ],
  "invitation.revoked": ({ details, document }) => [`withdrew the invitation of ${said(details.email)}${document ? " to" : ""}`],
  "invitation.accepted": ({ document }) => [`accepted an invitation${document ? " to" : ""}`],
  "document.created": () => ["created"],
  "document.renamed": ({ details }) => ["renamed", `from ${quoted(said(details.old))} to ${quoted(said(details.new))}`],
  "document.duplicated": () => ["made", "as a copy"],
  "document.moved": () => ["moved"],
  "document.replaced": () => ["replaced the content of"],
  "document.shared": (entry) => ["shared", `with ${name(entry)} ${ability(entry.details.role)}`],
  "document.unshared": (entry) => ["stopped sharing", `with ${name(entry)}`],
  "document.restricted": () => ["closed", "to all but those it is shared with"],
  "document.inherits": () => ["opened", "to the whole workspace"],
  "document.exported": ({ details }) => ["exported", `as ${formats[said(details.format)] ?? "a file"}`],
  "document.compacted": () => ["compacted", "in the administration"],
  "document.looked_into": () => ["looked into", "in the administration"],
  "document.trashed": () => ["moved", "to the trash"],
  "document.restored": () => ["restored", "from the trash"],
  "document.purged": () => ["deleted", "for good"],
  "document.transferred": () => ["transferred", "between workspaces"],
}

/** An action that this page doesn't know, from a newer server, still says what it was. */
export function deedOf(entry: Activity): Deed {
  const [before, after = ""] = deeds[entry.action]?.(entry) ?? [entry.action.replaceAll(/[._]/g, " ")]
  const title = entry.document?.title ?? said(entry.details.title)
  const about = entry.document !== null || entry.action.startsWith("document.")
  return {
    before: before.trim(),
    document: about ? { id: entry.document?.id ?? null, title: title || "Untitled" } : null,
    after: after.trim(),
  }
}
