// Real Yjs as a judge of bytes, for as long as a test asks. Standard input: a letter, a length (32 bits, big end
// first), the bytes. Standard output: a line of JSON for each.
//   u  an update          → what it holds, and how many bytes are left behind it
//   t  an update          → what goes wrong when a browser with something in its document takes it
//   v  a state vector     → clocks
//   a  awareness          → entries
//   f  a client's frame   → its kind and payload, as y-websocket's own server reads it
//   d  updates, each with its length before it; the first is what the others were merged to → what is different
//   b  (nothing)          → the update that makes the document which `t` and `d` begin with
import { createRequire } from 'node:module'
import process from 'node:process'

const require = createRequire(new URL('../../frontend/package.json', import.meta.url))
const Y = require('yjs')
const awarenessProtocol = require('y-protocols/awareness')
const decoding = require('lib0/decoding')

// Yjs says on the console what it finds odd; standard output is ours.
console.log = console.warn = console.error = () => {}

/** Something of everything, by three clients, with parts deleted and collected. */
function furnished () {
  const doc = new Y.Doc()
  const as = (client, act) => { doc.clientID = client; doc.transact(act) }
  as(1, () => doc.getText('t').insert(0, 'a😀b文x'))
  as(2, () => {
    const paragraph = new Y.XmlElement('paragraph')
    paragraph.insert(0, [new Y.XmlText('word')])
    doc.getXmlFragment('default').insert(0, [paragraph, new Y.XmlElement('rule')])
    paragraph.setAttribute('align', 'left')
  })
  as(3, () => {
    doc.getMap('map').set('k', [1, 'two'])
    doc.getMap('map').set('nested', new Y.Array())
    doc.getMap('map').get('nested').insert(0, [1, 2, 3])
    doc.getMap('map').set('doc', new Y.Doc({ guid: 'guid' }))
  })
  as(1, () => doc.getText('t').delete(0, 2))
  as(3, () => { doc.getMap('map').delete('nested'); doc.getText('t').format(0, 2, { bold: {} }) })
  return Y.encodeStateAsUpdate(doc)
}
const BASE = furnished()

let reader = null
class Watched extends Y.UpdateDecoderV1 {
  constructor (decoder) { super(decoder); reader = decoder }
}

function ranges (structs) {
  const found = []
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue
    const { client, clock } = struct.id
    const last = found.at(-1)
    if (last && last[0] === client && last[1] + last[2] === clock) last[2] += struct.length
    else found.push([client, clock, struct.length])
  }
  return found
}

function opened (...updates) {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

function update (bytes) {
  const { structs, ds } = Y.decodeUpdateV2(bytes, Watched)
  const deletes = []
  ds.clients.forEach((items, client) => items.forEach(({ clock, len }) => deletes.push([client, clock, len])))
  return { structs: ranges(structs), deletes, rest: reader.arr.length - reader.pos }
}

function trial (bytes) {
  try {
    const doc = opened(BASE, bytes)
    reading(doc)
    opened(Y.encodeStateAsUpdate(doc))
    opened(bytes, BASE)
    Y.mergeUpdates([BASE, bytes])
    return ''
  } catch (fault) {
    return String(fault?.stack ?? fault)
  }
}

/** Everything that can be seen in a document: which ids stand where, which are deleted, and what they are. */
function reading (doc) {
  const seen = (type) => {
    const line = []
    for (let item = type._start; item !== null; item = item.right) {
      if (item.deleted) gone(line, item)
      else for (let n = 0; n < item.length; n++) line.push(unit(item, n))
    }
    const keys = [...type._map.entries()].map(([key, item]) => [key, item.deleted ? null : unit(item, item.length - 1)])
    return [type.constructor === Y.XmlElement ? type.nodeName : '', line, keys.sort(([a], [b]) => a < b ? -1 : 1)]
  }
  const gone = (line, { id: { client, clock }, length }) => {
    const last = line.at(-1)
    if (last?.client === client && last.end === clock) last.end += length
    else line.push({ client, clock, end: clock + length })
  }
  const unit = (item, n) => {
    const id = `${item.id.client}:${item.id.clock + n}`
    const { content } = item
    if (content instanceof Y.ContentType) return [id, seen(content.type)]
    if (content instanceof Y.ContentFormat) return [id, content.key, content.value]
    if (content instanceof Y.ContentDoc) return [id, content.doc.guid]
    return [id, plain(content.getContent()[n])]
  }
  return [...doc.share.entries()].filter(([, type]) => type._start !== null || type._map.size)
    .sort(([a], [b]) => a < b ? -1 : 1).map(([name, type]) => [name, seen(type)])
}

/**
 * JSON of what has none, too. What pycrdt doesn't keep counts as equal: the order of an object's keys, the sign of -0,
 * and that a number was a BigInt.
 */
const plain = value => JSON.stringify(value, (_, inner) =>
  typeof inner === 'bigint' ? Number(inner)
    : inner === undefined ? 'undefined'
    : typeof inner === 'number' && !Number.isFinite(inner) ? String(inner)
    : inner?.constructor === Object ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1)) : inner)

function difference (bytes) {
  const decoder = decoding.createDecoder(bytes)
  const updates = []
  while (decoding.hasContent(decoder)) updates.push(decoding.readVarUint8Array(decoder))
  const [merged, ...parts] = updates
  const shown = opened(BASE, merged)
  // Merged as well: between neighbours in the wrong order, where no honest client writes, an item's place depends on
  // what came first.
  const expected = opened(BASE, Y.mergeUpdates(parts))
  const vector = doc => JSON.stringify([...Y.decodeStateVector(Y.encodeStateVector(doc))].sort())
  if (vector(shown) !== vector(expected)) return `vectors: ${vector(shown)} is not ${vector(expected)}`
  const [a, b] = [shown, expected].map(doc => JSON.stringify(reading(doc)))
  return a === b ? '' : `${a} is not ${b}`
}

function vector (bytes) {
  const decoder = decoding.createDecoder(bytes)
  const clocks = []
  for (let n = decoding.readVarUint(decoder); n > 0; n--) {
    clocks.push([decoding.readVarUint(decoder), decoding.readVarUint(decoder)])
  }
  // Yjs's own reading, which keeps the last of two.
  const own = Y.decodeStateVector(bytes)
  for (const [client, clock] of new Map(clocks)) if (own.get(client) !== clock) throw new Error('not as Yjs reads it')
  return { clocks, rest: decoder.arr.length - decoder.pos }
}

function awareness (bytes) {
  const entries = []
  const decoder = decoding.createDecoder(bytes)
  for (let n = decoding.readVarUint(decoder); n > 0; n--) {
    const [client, clock] = [decoding.readVarUint(decoder), decoding.readVarUint(decoder)]
    const state = JSON.parse(decoding.readVarString(decoder))
    entries.push([client, clock, state === null ? null : typeof state === 'object' && !Array.isArray(state)])
  }
  const own = new awarenessProtocol.Awareness(new Y.Doc())
  try {
    awarenessProtocol.applyAwarenessUpdate(own, bytes, 'judge')
  } finally {
    own.destroy()
  }
  return { entries, rest: decoder.arr.length - decoder.pos }
}

function frame (bytes) {
  const decoder = decoding.createDecoder(bytes)
  const found = { kind: decoding.readVarUint(decoder), step: null, payload: null }
  if (found.kind === 0) found.step = decoding.readVarUint(decoder)
  if (found.kind === 0 || found.kind === 1) {
    found.payload = Buffer.from(decoding.readVarUint8Array(decoder)).toString('hex')
  }
  return { ...found, rest: decoder.arr.length - decoder.pos }
}

const verbs = { u: update, t: trial, v: vector, a: awareness, f: frame, d: difference, b: () => Buffer.from(BASE).toString('hex') }

let held = Buffer.alloc(0)
let answers = ''
for await (const piece of process.stdin) {
  held = held.length ? Buffer.concat([held, piece]) : piece
  let at = 0
  while (held.length - at >= 5 && held.length - at - 5 >= held.readUInt32BE(at + 1)) {
    const end = at + 5 + held.readUInt32BE(at + 1)
    let answer
    try {
      answer = verbs[String.fromCharCode(held[at])](new Uint8Array(held.subarray(at + 5, end)))
    } catch (fault) {
      answer = { fault: String(fault?.message ?? fault) }
    }
    answers += `${JSON.stringify(answer)}\n`
    at = end
  }
  held = held.subarray(at)
  if (answers) process.stdout.write(answers)
  answers = ''
}
