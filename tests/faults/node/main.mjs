// Hosts any number of clients, steered by lines of JSON on stdin. Each line bears a number, and so does its answer; what
// clients make and are told comes in lines of its own, as it happens.
import readline from 'node:readline'
import * as Y from 'yjs'
import { open } from './clients.mjs'
import { stateFrom } from './reading.mjs'
import { edit, randomOf, undoOf } from './writing.mjs'

process.setMaxListeners(0)
process.on('unhandledRejection', () => {}) // hocuspocus 2 rejects when a connection attempt fails, and goes on
console.warn = console.error = () => {} // where providers say that a connection failed

const clients = new Map()
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const bytes = (text) => Buffer.from(text, 'base64')

/** What a person with an own copy would have sent, one update an edit, for clients that have no Yjs. */
const script = ({ seed, edits, identity }) => {
  const doc = new Y.Doc()
  doc.clientID = identity
  const made = []
  doc.on('update', (update) => made.push(Buffer.from(update).toString('base64')))
  const random = randomOf(seed)
  const undo = undoOf(Y, doc)
  while (made.length < edits) edit(Y, doc, random, undo)
  return made.slice(0, edits)
}

const verbs = {
  open: (details) => void clients.set(details.client, open(details, say)),
  write: ({ client, ...how }) => clients.get(client).write(how),
  move: ({ client, at }) => {
    clients.get(client).move(at)
    return clients.get(client).doc.clientID
  },
  state: ({ clients: names }) => Object.fromEntries(names.map((name) => [name, { ...clients.get(name).state(), ...clients.get(name).about() }])),
  about: ({ clients: names }) => Object.fromEntries(names.map((name) => [name, clients.get(name).about()])),
  leave: ({ clients: names }) => names.forEach((name) => {
    clients.get(name).leave()
    clients.get(name).doc.destroy()
    clients.delete(name)
  }),
  scripts: ({ of }) => of.map(script),
  read: ({ of }) => of.map((updates) => stateFrom(updates.map(bytes)))
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { number, do: verb, ...details } = JSON.parse(line)
  void (async () => {
    try {
      say({ number, answer: (await verbs[verb](details)) ?? null })
    } catch (fault) {
      say({ number, fault: String(fault?.stack ?? fault) })
    }
  })()
}
process.exit(0)
