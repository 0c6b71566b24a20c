import type { Node as PmNode } from "@tiptap/pm/model"
import { XmlElement, type XmlFragment } from "yjs"

/*
 * A block by what it is in the shared document and not by where it stands. Positions carried along through the others'
 * edits aren't enough for what will be deleted or moved: a line added above one that begins alike maps to the wrong one.
 */

/** The shared element that a node at a position is drawn from. */
export function elementAt(body: XmlFragment, doc: PmNode, pos: number): XmlElement | null {
  const $pos = doc.resolve(pos)
  let at: XmlFragment = body
  for (let depth = 0; depth <= $pos.depth; depth++) {
    const child = $pos.index(depth) < at.length ? at.get($pos.index(depth)) : null
    if (!(child instanceof XmlElement)) return null
    at = child
  }
  return at instanceof XmlElement ? at : null
}

/** Where an element stands now; null once it is gone. */
export function positionOf(body: XmlFragment, doc: PmNode, element: XmlElement): number | null {
  const path: number[] = []
  for (let at: XmlFragment = element; at !== body; ) {
    const parent = at.parent as XmlFragment | null
    const index = parent?.toArray().indexOf(at as XmlElement) ?? -1
    if (!parent || index < 0) return null
    path.unshift(index)
    at = parent
  }
  let pos = -1
  let node = doc
  for (const index of path) {
    if (index >= node.childCount) return null
    pos += 1
    for (let before = 0; before < index; before++) pos += node.child(before).nodeSize
    node = node.child(index)
  }
  return pos
}
