// What a replica holds, in a form that two replicas can be compared by.
import * as Y from 'yjs'
import { rootsOf } from './writing.mjs'

/**
 * Somebody who writes between the halves of 😀 leaves two halves, which Yjs shows as "��" or as the character, depending
 * on the order in which it heard of things (yjs#303). Both count two units; so every half of a pair is shown as �.
 */
const halves = (text) => text.replace(/[\ud800-\udfff]/g, '\ufffd')

const sorted = (value) => {
  if (typeof value === 'string') return halves(value)
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  if (Array.isArray(value)) return value.map(sorted)
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.keys(value).sort().map((key) => [halves(key), sorted(value[key])]))
  }
  return value ?? null
}

/** Neighbouring runs of a delta with the same attributes are one: where they were cut says nothing. */
const runs = (delta) => {
  const joined = []
  for (const { insert, attributes } of delta) {
    const of = JSON.stringify(sorted(attributes ?? {}))
    const last = joined.at(-1)
    if (typeof insert === 'string' && last?.of === of && typeof last.insert === 'string') last.insert += halves(insert)
    else joined.push({ insert: typeof insert === 'string' ? halves(insert) : read(insert), of })
  }
  return joined
}

const read = (value) => {
  if (value instanceof Y.XmlElement) return { name: value.nodeName, attributes: sorted(value.getAttributes()), nodes: value.toArray().map(read) }
  if (value instanceof Y.Text) return { runs: runs(value.toDelta()) }
  if (value instanceof Y.XmlFragment || value instanceof Y.Array) return value.toArray().map(read)
  if (value instanceof Y.Map) return Object.fromEntries([...value.keys()].sort().map((key) => [key, read(value.get(key))]))
  return sorted(value)
}

const waiting = (doc) => doc.store.pendingStructs !== null || doc.store.pendingDs !== null

/** Of a living Doc. */
export const stateOf = (doc) => ({
  content: JSON.stringify(Object.entries(rootsOf(doc)).map(([name, root]) => [name, read(root)])),
  update: Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64'),
  snapshot: Buffer.from(Y.encodeSnapshot(Y.snapshot(doc))).toString('base64'),
  vector: Object.fromEntries(Y.decodeStateVector(Y.encodeStateVector(doc))),
  waiting: waiting(doc)
})

/** Of a Doc that has nothing but these bytes. */
export const stateFrom = (updates) => {
  const doc = new Y.Doc()
  rootsOf(doc)
  Y.applyUpdate(doc, updates.length === 1 ? updates[0] : Y.mergeUpdates(updates))
  const state = stateOf(doc)
  doc.destroy()
  return state
}
