/**
 * Golden vectors by real Yjs: `node tests/vectors/make.mjs` writes updates.json, state_vectors.json, frames.json and
 * hocuspocus.json here, the same bytes each time. What an update holds is said by Yjs's own decoder, and what a
 * Hocuspocus provider sends by the providers, never by our code.
 *
 * `node tests/vectors/make.mjs --traces 500 --out FILE` writes a big set of updates for a longer hunt.
 */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'

const require = createRequire(new URL('../../frontend/package.json', import.meta.url))
const Y = require('yjs')
const sync = require('y-protocols/sync')
const awarenessProtocol = require('y-protocols/awareness')
const auth = require('y-protocols/auth')
const encoding = require('lib0/encoding')

const { values: options } = parseArgs({
  options: { traces: { type: 'string', default: '12' }, out: { type: 'string' } }
})

/** Mulberry32: small, seeded, good enough to choose edits. */
const random = seed => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const hex = bytes => Buffer.from(bytes).toString('hex')

/** What Yjs finds in an update, as our guard reports it: joined ranges, without what is skipped. */
const describe = update => {
  const { structs, ds } = Y.decodeUpdate(update)
  const ranges = []
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue
    const { client, clock } = struct.id
    const last = ranges.at(-1)
    if (last && last[0] === client && last[1] + last[2] === clock) last[2] += struct.length
    else ranges.push([client, clock, struct.length])
  }
  const deletes = []
  ds.clients.forEach((items, client) => items.forEach(({ clock, len }) => deletes.push([client, clock, len])))
  return { structs: ranges, deletes }
}

const updates = new Map()
const add = (name, update) => {
  const key = hex(update)
  if (!updates.has(key)) updates.set(key, { name, hex: key, ...describe(update) })
}

const WORDS = ['a', 'hello ', 'Grüße', 'мир', '文書', '😀', 'e\u0301', 'a😀b', '\u0000', '\ud83d', 'x'.repeat(200), '\n']
const ANY = [null, [undefined], true, false, 0, -1, 63, 64, -64, 2 ** 31, -(2 ** 53 - 1), 1.5, 1e300, [2n ** 60n], '', 'ß😀',
  [], {}, [1, [2, [3, null]]], { a: { b: [true, 'c'] } }, new Uint8Array([0, 255, 7])]
const MARKS = [{ bold: {} }, { bold: null }, { link: { href: 'https://example.org/?q="ß"', title: null } }, { color: '#fff' }, { n: 1.25 }]

const edit = (doc, chance, undo) => {
  const pick = list => list[Math.floor(chance() * list.length)]
  const at = length => Math.floor(chance() * (length + 1))
  const body = doc.getXmlFragment('default')
  const title = doc.getText('title')
  const list = doc.getArray('list')
  const map = doc.getMap('map')
  const texts = () => body.toArray().flatMap(node => node instanceof Y.XmlElement ? node.toArray() : []).filter(n => n instanceof Y.XmlText)
  const text = () => chance() < 0.3 ? title : pick(texts()) ?? title
  const some = {
    type: () => { const t = text(); t.insert(at(t.length), pick(WORDS)) },
    typeOn: () => { const t = text(); t.insert(t.length, pick(WORDS)) },
    remove: () => { const t = text(); const i = at(t.length); t.delete(i, Math.min(t.length - i, 1 + at(3))) },
    format: () => { const t = text(); const i = at(t.length); if (t.length > i) t.format(i, t.length - i, pick(MARKS)) },
    embed: () => { const t = text(); t.insertEmbed(at(t.length), { image: 'a.png', w: 3 }) },
    paragraph: () => {
      const node = new Y.XmlElement(pick(['paragraph', 'heading', 'codeBlock']))
      node.setAttribute('level', pick([1, '2', null, { deep: [1] }]))
      node.insert(0, [new Y.XmlText(pick(WORDS))])
      body.insert(at(body.length), [node])
    },
    removeParagraph: () => { if (body.length) body.delete(at(body.length - 1), 1) },
    attribute: () => { const node = body.get(0); if (node instanceof Y.XmlElement) node.setAttribute('textAlign', pick(['left', 'right'])) },
    push: () => list.insert(at(list.length), [pick(ANY), pick(ANY)]),
    pull: () => { if (list.length) list.delete(at(list.length - 1), 1) },
    set: () => map.set(pick(['k', 'ключ', '']), pick(ANY)),
    unset: () => map.delete('k'),
    nest: () => map.set('nested', pick([new Y.Array(), new Y.Map(), new Y.Text('t'), new Y.XmlFragment(), new Y.XmlElement('e'), new Y.XmlText()])),
    subdocument: () => map.set('doc', new Y.Doc({ guid: `guid-${at(9)}`, meta: { n: 1 }, autoLoad: chance() < 0.5 })),
    undo: () => undo.undo(),
    redo: () => undo.redo()
  }
  const names = Object.keys(some)
  const weighted = [...names, 'type', 'type', 'typeOn', 'typeOn', 'typeOn', 'remove', 'paragraph']
  const name = pick(weighted)
  const many = chance() < 0.1
  doc.transact(() => { for (let i = 0; i < (many ? 5 : 1); i++) some[pick([name])]() }, 'edit')
  return name
}

const trace = seed => {
  const chance = random(seed)
  const docs = Array.from({ length: 3 }, () => {
    const doc = new Y.Doc({ gc: chance() < 0.7 })
    doc.clientID = Math.floor(chance() * 2 ** 32)
    return doc
  })
  const undos = docs.map(doc => new Y.UndoManager([doc.getXmlFragment('default'), doc.getText('title'), doc.getMap('map')], { trackedOrigins: new Set(['edit']) }))
  const waiting = docs.map(() => [])
  let made = []
  docs.forEach((doc, i) => doc.on('update', (update, origin) => {
    if (origin === 'relay') return
    made.push(update)
    waiting.forEach((queue, j) => j !== i && queue.push(update))
  }))
  for (let step = 0; step < 30; step++) {
    const i = Math.floor(chance() * docs.length)
    made = []
    const name = edit(docs[i], chance, undos[i])
    made.forEach(update => add(`${seed}: ${name}`, update))
    waiting.forEach((queue, j) => {
      if (chance() < 0.4) for (const update of queue.splice(0)) Y.applyUpdate(docs[j], update, 'relay')
      // A queue that lost its first update: what follows is pending, and merging it leaves Skips.
      else if (queue.length > 2 && chance() < 0.3) add(`${seed}: merged with a hole`, Y.mergeUpdates([queue[0], ...queue.slice(2)]))
    })
    if (step % 10 === 9) {
      const other = docs[(i + 1) % docs.length]
      add(`${seed}: whole state`, Y.encodeStateAsUpdate(docs[i]))
      add(`${seed}: difference`, Y.encodeStateAsUpdate(docs[i], Y.encodeStateVector(other)))
      add(`${seed}: difference of bytes`, Y.diffUpdate(Y.encodeStateAsUpdate(docs[i]), Y.encodeStateVector(other)))
      add(`${seed}: merged`, Y.mergeUpdates([Y.encodeStateAsUpdate(docs[i]), Y.encodeStateAsUpdate(other)]))
    }
  }
  return docs
}

const docs = Array.from({ length: Number(options.traces) }, (_, seed) => trace(seed)).flat()
add('nothing', Y.encodeStateAsUpdate(new Y.Doc()))

const write = (name, value) => writeFileSync(
  new URL(name, import.meta.url), JSON.stringify(value).replaceAll('},{', '},\n{') + '\n')

if (options.out) {
  writeFileSync(options.out, JSON.stringify([...updates.values()]))
} else {
  write('updates.json', [...updates.values()])
  write('state_vectors.json', docs.slice(0, 12).map(doc => {
    const bytes = Y.encodeStateVector(doc)
    return { hex: hex(bytes), clocks: Object.fromEntries(Y.decodeStateVector(bytes)) }
  }))
  write('frames.json', frames())
  write('surrogates.json', surrogates())
  write('hocuspocus.json', await hocuspocus())
}

/**
 * An "X" typed between the halves of 😀 by a client that counts in 16-bit units. `merged` and `document` are what
 * pycrdt 0.14 makes of the two updates, by merge_updates and by Doc.get_update(); here is how Yjs reads each.
 */
function surrogates () {
  const updates = ['01010100040101740661f09f98806200', '01010104c401010102015800']
  const merged = '01020100040101740661f09f988062c401010102015800'
  const document = '01030100040101740561f09f98808401010162c401010102015800'
  const read = list => {
    const doc = new Y.Doc()
    for (const update of list) Y.applyUpdate(doc, Buffer.from(update, 'hex'))
    return doc.getText('t').toString()
  }
  const whole = hex(Y.mergeUpdates(updates.map(update => Buffer.from(update, 'hex'))))
  return { updates, merged, document, read: { updates: read(updates), yjs: read([whole]), merged: read([merged]), document: read([document]) } }
}

function frames () {
  const doc = new Y.Doc()
  doc.clientID = 3912345678
  const made = []
  doc.on('update', update => made.push(update))
  doc.getText('title').insert(0, 'Grüße 😀')
  const frame = (name, build, fields) => {
    const encoder = encoding.createEncoder()
    build(encoder)
    return { name, hex: hex(encoding.toUint8Array(encoder)), ...fields }
  }
  const awareness = new awarenessProtocol.Awareness(doc)
  awareness.setLocalState({ user: { id: 7, name: 'Ann 😀', color: '#123456' }, cursor: null })
  const here = awarenessProtocol.encodeAwarenessUpdate(awareness, [doc.clientID])
  const clock = awareness.meta.get(doc.clientID).clock
  awareness.setLocalState(null)
  const gone = awarenessProtocol.encodeAwarenessUpdate(awareness, [doc.clientID])
  awareness.destroy()
  const one = [doc.clientID, clock, '{"user":{"id":7,"name":"Ann 😀","color":"#123456"},"cursor":null}']
  return [
    frame('sync_step1', e => { encoding.writeVarUint(e, 0); sync.writeSyncStep1(e, doc) }, { payload: hex(Y.encodeStateVector(doc)) }),
    frame('sync_step2', e => { encoding.writeVarUint(e, 0); sync.writeSyncStep2(e, doc) }, { payload: hex(Y.encodeStateAsUpdate(doc)) }),
    frame('update', e => { encoding.writeVarUint(e, 0); sync.writeUpdate(e, made[0]) }, { payload: hex(made[0]) }),
    frame('awareness', e => { encoding.writeVarUint(e, 1); encoding.writeVarUint8Array(e, here) }, { payload: hex(here), entries: [one] }),
    frame('awareness', e => { encoding.writeVarUint(e, 1); encoding.writeVarUint8Array(e, gone) }, { payload: hex(gone), entries: [[doc.clientID, clock + 1, null]] }),
    frame('auth_denied', e => { encoding.writeVarUint(e, 2); auth.writePermissionDenied(e, 'größer') }, { reason: 'größer' }),
    frame('query_awareness', e => { encoding.writeVarUint(e, 3) }, {}),
    frame('ack', e => { encoding.writeVarUint(e, 4); encoding.writeVarUint(e, 300) }, { frames: 300 }),
    frame('cursor', e => { encoding.writeVarUint(e, 5); encoding.writeVarUint(e, 2); encoding.writeVarUint(e, 70000) }, { epoch: 2, seq: 70000 }),
    frame('notice', e => { encoding.writeVarUint(e, 6); encoding.writeVarString(e, '{"kind":"welcome","user":{"id":7,"name":"Ann 😀","color":"#123456"},"may_edit":true,"epoch":1,"heartbeat":15}') },
      { notice: { kind: 'welcome', user: { id: 7, name: 'Ann 😀', color: '#123456' }, may_edit: true, epoch: 1, heartbeat: 15 } }),
    frame('pong', e => { encoding.writeVarUint(e, 7) }, {})
  ]
}

/** What each @hocuspocus/provider says in a conversation, and what it makes of each thing a server may say. */
async function hocuspocus () {
  const all = []
  for (const version of [2, 3, 4]) {
    for (const session of version === 4 ? [false, true] : [false]) {
      const { HocuspocusProvider } = require(`hocuspocus-${version}`)
      const sent = []
      const socket = {
        on () {}, off () {}, attach () {}, disconnect () {},
        detach () {}, send: frame => sent.push(frame)
      }
      const doc = new Y.Doc()
      doc.clientID = 3912345678
      const provider = new HocuspocusProvider({
        websocketProvider: socket, name: '0190b8a0-5b5c-7cc1-8d1e-000000000001', document: doc, token: 'weft_größer', broadcast: false,
        ...(session ? { sessionAwareness: true } : {})
      })
      if (session) provider.sessionId = 'k3jd8s'
      provider.attach?.()
      await provider.onOpen({})
      doc.getText('title').insert(0, 'Grüße 😀')
      provider.sendStateless('{"a":1}')
      const address = session ? provider.effectiveName : provider.configuration.name
      const said = sent.splice(0).map(hex)

      const heard = []
      for (const event of ['authenticated', 'authenticationFailed', 'synced', 'unsyncedChanges', 'close']) {
        provider.on(event, details => heard.push([event, details?.reason ?? details?.event?.reason ?? null]))
      }
      const hear = (name, build) => {
        const encoder = encoding.createEncoder()
        encoding.writeVarString(encoder, address)
        build(encoder)
        const bytes = encoding.toUint8Array(encoder)
        heard.length = 0
        provider.onMessage({ data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) })
        return { name, hex: hex(bytes), heard: heard.map(String), scope: provider.authorizedScope ?? null, unsynced: provider.unsyncedChanges }
      }
      const empty = new Y.Doc()
      const text = (e, kind, value) => { encoding.writeVarUint(e, kind); encoding.writeVarString(e, value) }
      const server = [
        hear('authenticated', e => { encoding.writeVarUint(e, 2); text(e, 2, 'read-write') }),
        hear('authenticated_readonly', e => { encoding.writeVarUint(e, 2); text(e, 2, 'readonly') }),
        hear('sync_step1', e => { encoding.writeVarUint(e, 0); sync.writeSyncStep1(e, empty) }),
        hear('sync_step2', e => { encoding.writeVarUint(e, 0); sync.writeSyncStep2(e, empty) }),
        hear('heartbeat', e => { encoding.writeVarUint(e, 1); encoding.writeVarUint8Array(e, new Uint8Array([0])) }),
        hear('refused', e => { encoding.writeVarUint(e, 8); encoding.writeVarUint(e, 0) }),
        hear('committed', e => { encoding.writeVarUint(e, 8); encoding.writeVarUint(e, 1) }),
        hear('committed', e => { encoding.writeVarUint(e, 8); encoding.writeVarUint(e, 1) }),
        hear('denied', e => { encoding.writeVarUint(e, 2); text(e, 1, 'no longer allowed') }),
        ...(version > 2 ? [hear('close', e => text(e, 7, 'no longer allowed'))] : [])
      ]
      const answered = sent.splice(0).map(hex)
      provider.destroy()
      all.push({ version, address, said, server, answered })
    }
  }
  return all
}
