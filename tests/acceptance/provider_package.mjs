// A program that has only the package: opens a document, writes a line, waits for another's, and says what it went through.
//   node provider_package.mjs URL DOCUMENT TOKEN MINE THEIRS [sockets]
import { WeftProvider } from '@weft/provider'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'

const [url, documentId, token, mine, theirs, sockets] = process.argv.slice(2)
if (sockets) globalThis.WebSocket = (await import('ws')).WebSocket
else delete globalThis.WebSocket

const doc = new Y.Doc()
const provider = new WeftProvider(doc, new Awareness(doc), { url, documentId, token })
const until = (question) =>
  new Promise((resolve) => {
    const look = () => question() && (stopProvider(), doc.off('update', look), resolve())
    const stopProvider = provider.subscribe(look)
    doc.on('update', look)
    look()
  })

await provider.whenSynced
const text = doc.getText('text')
text.insert(0, mine)
await until(() => provider.status.kind === 'saved')
const { transport } = provider.diagnosis
await until(() => text.toString().includes(theirs))
await until(() => provider.status.kind === 'saved')
console.log(JSON.stringify({ text: text.toString(), transport, user: provider.user.name, readOnly: provider.readOnly }))
provider.destroy()
process.exit(0)
