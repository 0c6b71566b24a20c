import type { Document } from "../../api/types"

/** Documents as a forest. What it knows of a document is only its place; the document itself is in `byId`. */
export interface DocumentTree {
  byId: ReadonlyMap<string, Document>
  /** Children in order; the roots stand under null. */
  children: ReadonlyMap<string | null, readonly string[]>
}

export interface Place {
  parent: string | null
  /** The sibling to stand before; null is the last place. */
  before: string | null
}

/**
 * A document whose parent isn't in the list becomes a root: one that was shared with us from inside someone's tree must
 * show somewhere. So does one in a circle, which two people moving at once could make before the server says no.
 */
export function buildTree(documents: readonly Document[]): DocumentTree {
  const byId = new Map(documents.map((document) => [document.id, document]))
  const children = new Map<string | null, string[]>()
  for (const document of [...documents].sort(inOrder)) {
    const parent = document.parent !== null && byId.has(document.parent) && !circles(document, byId) ? document.parent : null
    const siblings = children.get(parent)
    if (siblings) siblings.push(document.id)
    else children.set(parent, [document.id])
  }
  return { byId, children }
}

const inOrder = (a: Document, b: Document): number =>
  a.position - b.position || a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id)

function circles(document: Document, byId: ReadonlyMap<string, Document>): boolean {
  const seen = new Set<string>()
  for (let at: Document | undefined = document; at; at = at.parent === null ? undefined : byId.get(at.parent)) {
    if (seen.has(at.id)) return true
    seen.add(at.id)
  }
  return false
}

export const childrenOf = (tree: DocumentTree, parent: string | null): readonly string[] => tree.children.get(parent) ?? []

/** From the root down to the parent. */
export function ancestorsOf(tree: DocumentTree, id: string): Document[] {
  const path: Document[] = []
  const seen = new Set([id])
  let parent = tree.byId.get(id)?.parent ?? null
  while (parent !== null && !seen.has(parent)) {
    seen.add(parent)
    const document = tree.byId.get(parent)
    if (!document) break
    path.unshift(document)
    parent = document.parent
  }
  return path
}

export function descendantsOf(tree: DocumentTree, id: string): Set<string> {
  const found = new Set<string>()
  const waiting = [...childrenOf(tree, id)]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue
    found.add(next)
    waiting.push(...childrenOf(tree, next))
  }
  return found
}

/** Each document before its children, as an unfolded tree reads from top to bottom. */
export function* inTreeOrder(tree: DocumentTree, parent: string | null = null): Generator<Document> {
  for (const id of childrenOf(tree, parent)) {
    const document = tree.byId.get(id)
    if (document) yield document
    yield* inTreeOrder(tree, id)
  }
}

export const mayStandUnder = (tree: DocumentTree, id: string, parent: string | null): boolean =>
  parent === null || (parent !== id && !descendantsOf(tree, id).has(parent))

/** The place for a drop at `index` among the children of `parent`, counted as they stand with the moved one still there. */
export function placeAt(tree: DocumentTree, id: string, parent: string | null, index: number): Place {
  const siblings = childrenOf(tree, parent)
  const before = siblings.slice(index).find((sibling) => sibling !== id) ?? null
  return { parent, before }
}

/** Whether moving there would change nothing. */
export function standsThere(tree: DocumentTree, id: string, place: Place): boolean {
  const document = tree.byId.get(id)
  if (!document || document.parent !== place.parent) return false
  const siblings = childrenOf(tree, place.parent)
  return (siblings[siblings.indexOf(id) + 1] ?? null) === place.before
}

/** The list as it will be once the server has moved the document, so that a drop doesn't snap back meanwhile. */
export function withMoved(documents: readonly Document[], id: string, place: Place): Document[] {
  const tree = buildTree(documents)
  const siblings = childrenOf(tree, place.parent).filter((sibling) => sibling !== id)
  const index = place.before === null ? siblings.length : Math.max(0, siblings.indexOf(place.before))
  const positionOf = (sibling: string | undefined) => (sibling === undefined ? undefined : tree.byId.get(sibling)?.position)
  const after = positionOf(siblings[index - 1])
  const next = positionOf(siblings[index])
  const position = after === undefined ? (next ?? 1) - 1 : next === undefined ? after + 1 : (after + next) / 2
  const former = tree.byId.get(id)?.parent ?? null
  return documents.map((document) => {
    if (document.id === id) return { ...document, parent: place.parent, position }
    if (document.id === place.parent) return { ...document, has_children: true }
    if (document.id === former) return { ...document, has_children: childrenOf(tree, former).length > 1 }
    return document
  })
}

/** Title as shown: an empty one has a name too. */
export const counted = (documents: number): string => (documents === 1 ? "1 document" : `${documents} documents`)

export const titleOf = (document: { title: string }): string => document.title.trim() || "Untitled"
