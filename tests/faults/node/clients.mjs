// One class for all unmodified clients and our own provider: what each made, what it was told is saved, whether it is in
// step. `KINDS` says how each kind is opened.
import { HocuspocusProvider as Hocuspocus2, HocuspocusProviderWebsocket as Socket2 } from 'hocuspocus-2'
import { HocuspocusProvider as Hocuspocus3, HocuspocusProviderWebsocket as Socket3 } from 'hocuspocus-3'
import { HocuspocusProvider as Hocuspocus4, HocuspocusProviderWebsocket as Socket4 } from 'hocuspocus-4'
import * as Next from '@y/y'
import { WeftProvider } from '@weft/provider'
import { WebSocket as NodeWebSocket } from 'ws'
import { Awareness } from 'y-protocols/awareness'
import { WebsocketProvider as Websocket1 } from 'y-websocket-1'
import { WebsocketProvider as Websocket2 } from 'y-websocket-2'
import { WebsocketProvider as Websocket3 } from 'y-websocket-3'
import { WebsocketProvider as Websocket4 } from 'y-websocket-4'
import * as Y from 'yjs'
import { stateFrom, stateOf } from './reading.mjs'
import { edit, editNext, randomOf, undoOf } from './writing.mjs'

// A browser says an error of a socket that nobody listens to any more to nobody; Node ends the process.
class WebSocket extends NodeWebSocket {
  constructor (...details) {
    super(...details)
    this.on('error', () => {})
  }
}
globalThis.WebSocket = WebSocket

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

class Client {
  made = 0
  saved = 0
  codes = []
  #tell
  #undo

  constructor (name, next, tell) {
    this.name = name
    this.next = next
    this.#tell = tell
    this.doc = next ? new Next.Doc() : new Y.Doc()
    if (!next) this.#undo = undoOf(Y, this.doc)
  }

  /** `isForeign(origin)`: the provider brought it. To be called before the provider counts for itself. */
  listen (isForeign) {
    this.doc.on('update', (update, origin) => {
      if (isForeign(origin)) return
      this.made += 1
      this.#tell({ client: this.name, made: Buffer.from(update).toString('base64') })
    })
  }

  /** The first `count` of what it made is saved. */
  nowSaved (count) {
    if (count <= this.saved) return
    this.saved = count
    this.#tell({ client: this.name, saved: count })
  }

  ended (code) {
    this.codes.push(code)
    this.#tell({ client: this.name, code })
  }

  inStep (synced) {
    this.#tell({ client: this.name, synced })
  }

  async write ({ seed, edits, least, most }) {
    const random = randomOf(seed)
    for (let number = 0; number < edits; number++) {
      if (this.mayWrite()) this.edit(random)
      await pause(least + random() * (most - least))
    }
  }

  edit (random) {
    if (this.next) editNext(this.doc, random)
    else edit(Y, this.doc, random, this.#undo)
  }

  mayWrite () {
    return true
  }

  state () {
    const state = this.next ? stateFrom([Next.encodeStateAsUpdate(this.doc)]) : stateOf(this.doc)
    if (this.next) state.waiting ||= this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null
    return { ...state, made: this.made, saved: this.saved, codes: this.codes }
  }
}

function weft (client, { url, document, token }) {
  const provider = new WeftProvider(client.doc, new Awareness(client.doc), { url, documentId: document, token })
  client.listen((origin) => origin === provider)
  let code = null
  let kind = null
  provider.subscribe(() => {
    // Edits are acknowledged in their order. Without a shelf all that isn't is at risk.
    client.nowSaved(client.made - provider.atRisk)
    const inStep = provider.status.kind === 'saved' || provider.status.kind === 'saving'
    if (inStep !== kind) client.inStep(kind = inStep)
    if (provider.lastClose && provider.lastClose !== code) client.ended((code = provider.lastClose).code)
  })
  client.mayWrite = () => !provider.readOnly
  client.about = () => ({ transport: provider.diagnosis.transport, status: provider.status.kind, unsaved: provider.atRisk })
  client.leave = () => provider.destroy()
}

const stock = (Provider) => (client, { url, document, token }) => {
  const provider = new Provider(`${url.replace('http', 'ws')}/ws/y`, document, client.doc, {
    params: { token },
    WebSocketPolyfill: WebSocket,
    disableBc: true,
    maxBackoffTime: 1000
  })
  client.listen((origin) => origin === provider)
  provider.on('sync', (synced) => client.inStep(synced))
  provider.on('connection-close', (event) => client.ended(event?.code ?? 0))
  client.move = (at) => provider.awareness.setLocalStateField('cursor', at)
  client.about = () => ({ status: provider.synced ? 'synced' : 'away' })
  client.leave = () => provider.destroy()
}

const hocuspocus = (Provider, Socket) => (client, { url, document, token }) => {
  const socket = new Socket({ url: `${url.replace('http', 'ws')}/ws/hocuspocus`, WebSocketPolyfill: WebSocket, delay: 100, minDelay: 100, maxDelay: 1000 })
  const provider = new Provider({
    websocketProvider: socket,
    name: document,
    document: client.doc,
    token,
    broadcast: false,
    onClose: ({ event }) => client.ended(event.code),
    onSynced: ({ state }) => client.inStep(state)
  })
  client.listen((origin) => origin === provider)
  provider.attach?.()
  provider.on('unsyncedChanges', () => {
    if (provider.unsyncedChanges <= 0 && provider.synced) client.nowSaved(client.made)
  })
  client.about = () => ({ status: provider.synced ? 'synced' : 'away', unsaved: provider.unsyncedChanges })
  client.leave = () => {
    provider.destroy()
    socket.destroy()
  }
}

const KINDS = {
  weft,
  'y-websocket-1': stock(Websocket1),
  'y-websocket-2': stock(Websocket2),
  'y-websocket-3': stock(Websocket3),
  'y-websocket-4': stock(Websocket4),
  'hocuspocus-2': hocuspocus(Hocuspocus2, Socket2),
  'hocuspocus-3': hocuspocus(Hocuspocus3, Socket3),
  'hocuspocus-4': hocuspocus(Hocuspocus4, Socket4)
}

export function open (details, tell) {
  const client = new Client(details.client, details.kind === 'y-websocket-4', tell)
  KINDS[details.kind](client, details)
  return client
}
