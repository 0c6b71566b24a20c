import type { Document } from "../../api/types"

/** A document with nothing special about it but what the test says. */
export const aDocument = (given: Partial<Document> & { id: string }): Document => ({
  title: given.id,
  workspace: "home",
  parent: null,
  position: 1,
  role: "owner",
  inherits: true,
  favourite: false,
  trashed_at: null,
  created_at: "2026-01-01T10:00:00Z",
  updated_at: "2026-01-01T10:00:00Z",
  created_by: { id: 1, name: "Ann" },
  word_count: 0,
  has_children: false,
  ...given,
})
