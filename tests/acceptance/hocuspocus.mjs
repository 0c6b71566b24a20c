// An unmodified @hocuspocus/provider, steered by lines of JSON on stdin; answers each with a line on stdout, and tells
// by a line of its own whenever a document's `unsyncedChanges` reached 0.
//   node hocuspocus.mjs PACKAGE URL
//   {"do":"attach","as":"a","document":id,"token":"…"} · {"do":"type","as":"a","text":"…"} · {"do":"until","as":"a","synced":true}
import { createRequire } from 'node:module'
import path from 'node:path'
import readline from 'node:readline'

const [packageName, url] = process.argv.slice(2)
const require = createRequire(path.join(import.meta.dirname, '../../frontend/package.json'))
const Y = require('yjs')
const NodeWebSocket = require('ws')
const { HocuspocusProvider, HocuspocusProviderWebsocket } = require(packageName)

process.on('unhandledRejection', () => {}) // version 2 rejects when a connection attempt fails, and goes on

// A browser says an error of a socket that nobody listens to any more to nobody; Node ends the process.
class WebSocket extends NodeWebSocket {
  constructor (...details) {
    super(...details)
    this.on('error', () => {})
  }
}

const codes = []
let opened = 0
const socket = new HocuspocusProviderWebsocket({
  url,
  WebSocketPolyfill: WebSocket,
  delay: 100,
  minDelay: 100,
  maxDelay: 1000,
  onOpen: () => (opened += 1),
  onClose: ({ event }) => codes.push(event.code)
})
const attached = {}

const say = (line) => console.log(JSON.stringify(line))

const attach = ({ as, document, token, session = false, text = '' }) => {
  const doc = new Y.Doc()
  if (text) doc.getText('text').insert(0, text) // written before there was a connection
  const events = []
  const provider = new HocuspocusProvider({
    websocketProvider: socket,
    name: document,
    document: doc,
    token,
    broadcast: false,
    ...(session ? { sessionAwareness: true } : {}),
    onAuthenticated: () => events.push(`authenticated ${provider.authorizedScope}`),
    onAuthenticationFailed: ({ reason }) => events.push(`failed ${reason}`),
    onClose: ({ event }) => events.push(`close ${event.code} ${event.reason}`),
    onSynced: ({ state }) => events.push(`synced ${state}`)
  })
  provider.on('unsyncedChanges', () => {
    if (provider.unsyncedChanges <= 0) say({ zero: as, text: doc.getText('text').toString(), unsynced: provider.unsyncedChanges })
  })
  attached[as] = { provider, doc, text: doc.getText('text'), events }
  provider.attach?.()
}

const state = (as) => {
  if (!attached[as]) return { opened, codes, status: socket.status }
  const { provider, text, events } = attached[as]
  return {
    opened,
    codes,
    events,
    status: socket.status,
    text: text.toString(),
    synced: provider.synced,
    authenticated: provider.isAuthenticated,
    scope: provider.authorizedScope ?? null,
    unsynced: provider.unsyncedChanges,
    states: [...provider.awareness.getStates().values()]
  }
}

/** Until the state of a document has all of these; an array stands for "contains". */
const until = ({ as, do: _, seconds = 20, ...wanted }) =>
  new Promise((resolve, reject) => {
    const holds = () => Object.entries(wanted).every(([name, value]) => {
      const is = state(as)[name]
      return Array.isArray(value) ? value.every((part) => is.includes(part)) : is === value
    })
    const timeout = setTimeout(() => reject(new Error('still not')), seconds * 1000)
    const look = setInterval(() => {
      if (!holds()) return
      clearInterval(look)
      clearTimeout(timeout)
      resolve()
    }, 5)
  })

const verbs = {
  attach,
  until,
  state: () => {},
  saved: ({ as, seconds }) => until({ as, seconds, unsynced: 0, synced: true, authenticated: true }),
  type: ({ as, text, at }) => attached[as].text.insert(at ?? attached[as].text.length, text),
  caret: ({ as, state }) => attached[as].provider.awareness.setLocalState(state),
  detach: ({ as }) => {
    attached[as].provider.destroy()
    delete attached[as]
  },
  force: ({ as }) => attached[as].provider.forceSync(),
  token: ({ as, token }) => {
    const { provider } = attached[as]
    provider.configuration.token = token
    if (provider.sendToken) return provider.sendToken()
    return provider.connect().then(() => provider.onOpen({})) // version 2, which detached itself
  },
  stateless: ({ as, text }) => attached[as].provider.sendStateless(text),
  raw: ({ hex }) => socket.send(Buffer.from(hex, 'hex'))
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  let error = null
  try {
    await verbs[command.do](command)
  } catch (caught) {
    error = String(caught)
  }
  say({ error, ...state(command.as) })
}
process.exit(0)
