// An unmodified y-websocket client, steered by lines of JSON on stdin; answers each with a line on stdout.
//   node stock.mjs PACKAGE URL DOCUMENT TOKEN
//   {"do":"type","text":"…"} · {"do":"expect","text":"…"} · {"do":"caret","state":{…}} · {"do":"wait","for":"synced"|"closed"}
import { createRequire } from 'node:module'
import path from 'node:path'
import readline from 'node:readline'

const [packageName, url, documentId, token] = process.argv.slice(2)
const require = createRequire(path.join(import.meta.dirname, '../../frontend/package.json'))
const Y = require('yjs')
const WebSocket = require('ws')
const { WebsocketProvider } = require(packageName)

const doc = new Y.Doc()
const text = doc.getText('text')
let lastClose = null
const provider = new WebsocketProvider(url, documentId, doc, {
  params: { token },
  WebSocketPolyfill: WebSocket,
  disableBc: true
})
provider.on('connection-close', (event) => {
  lastClose = event?.code ?? null
})

const until = (question) =>
  new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error('still not')), 15000)
    const look = setInterval(() => {
      if (!question()) return
      clearInterval(look)
      clearTimeout(timeout)
      resolve()
    }, 5)
  })

const verbs = {
  type: ({ text: added }) => text.insert(text.length, added),
  expect: ({ text: wanted }) => until(() => text.toString() === wanted),
  contain: ({ text: wanted }) => until(() => text.toString().includes(wanted)),
  caret: ({ state }) => provider.awareness.setLocalState(state),
  carets: ({ count }) => until(() => provider.awareness.getStates().size >= count),
  synced: () => until(() => provider.synced),
  closed: ({ code }) => until(() => lastClose === code)
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  let error = null
  try {
    await verbs[command.do](command)
  } catch (caught) {
    error = String(caught)
  }
  const states = [...provider.awareness.getStates().values()]
  console.log(JSON.stringify({ error, text: text.toString(), states, wsconnected: provider.wsconnected, lastClose }))
}
provider.destroy()
process.exit(0)
