// An unmodified y-websocket client, steered by lines of JSON on stdin; answers each with a line on stdout.
//   node stock.mjs PACKAGE URL DOCUMENT TOKEN
//   {"do":"type","text":"…"} · {"do":"expect","text":"…"} · {"do":"caret","state":{…}} · {"do":"closed","code":4404}
import { createRequire } from 'node:module'
import path from 'node:path'
import readline from 'node:readline'

const [packageName, url, documentId, token] = process.argv.slice(2)
const require = createRequire(path.join(import.meta.dirname, '../../frontend/package.json'))
const WebSocket = require('ws')
const { WebsocketProvider } = require(packageName)
const next = packageName === 'y-websocket-4' // which is for Yjs 14
const Y = require(next ? '@y/y' : 'yjs')

const doc = new Y.Doc()
const text = next ? doc.get('text') : doc.getText('text')
const read = () => (next ? text.toDelta().toJSON().children?.map(({ insert }) => insert ?? '').join('') ?? '' : text.toString())
let lastClose = null
let opened = 0
const closes = []
const provider = new WebsocketProvider(url, documentId, doc, {
  params: { token },
  WebSocketPolyfill: WebSocket,
  disableBc: true
})
provider.on('connection-close', (event) => {
  lastClose = event?.code ?? null
  closes.push(lastClose)
})
provider.on('status', ({ status }) => {
  if (status === 'connected') opened += 1
})

const until = (question, seconds = 15) =>
  new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error('still not')), seconds * 1000)
    const look = setInterval(() => {
      if (!question()) return
      clearInterval(look)
      clearTimeout(timeout)
      resolve()
    }, 5)
  })

const verbs = {
  state: () => {},
  type: ({ text: added, at }) => text.insert(at ?? text.length, added),
  expect: ({ text: wanted }) => until(() => read() === wanted),
  contain: ({ text: wanted }) => until(() => read().includes(wanted)),
  caret: ({ state }) => provider.awareness.setLocalState(state),
  carets: ({ count }) => until(() => provider.awareness.getStates().size >= count),
  synced: () => until(() => provider.synced),
  saved: ({ seconds }) => until(() => provider.synced, seconds), // it knows no more
  closed: ({ code }) => until(() => closes.includes(code)),
  opens: ({ more }) => {
    const before = opened
    return until(() => opened >= before + more)
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  let error = null
  try {
    await verbs[command.do](command)
  } catch (caught) {
    error = String(caught?.stack ?? caught)
  }
  const states = [...provider.awareness.getStates().values()]
  console.log(JSON.stringify({ error, text: read(), states, wsconnected: provider.wsconnected, synced: provider.synced, lastClose, closes, opened }))
}
provider.destroy()
process.exit(0)
