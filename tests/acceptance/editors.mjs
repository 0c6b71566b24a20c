// An editor from docs/clients.md, in jsdom: the very lines of the page, with this server's address and a document's id.
// Steered by lines of JSON on stdin; answers each with a line on stdout.
//   node editors.mjs NAME URL DOCUMENT TOKEN     {"do":"type","text":"…"} · {"do":"contain","text":"…"}
// CLIENTS_FROM: a folder whose node_modules has other packages or versions of them than ours. If esbuild is among them,
// the lines are bundled first, as Monaco's packages need it, which import style sheets.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import readline from 'node:readline'
import { pathToFileURL } from 'node:url'

const [name, url, documentId, token] = process.argv.slice(2)
const root = path.join(import.meta.dirname, '../..')
const folder = process.env.CLIENTS_FROM ?? path.join(root, 'frontend')
const require = createRequire(path.join(folder, 'package.json'))

const tryRequire = (name) => {
  try {
    return require(name)
  } catch {
    return null
  }
}

const { JSDOM } = require('jsdom')
const dom = new JSDOM('<!doctype html><div id="editor"></div>', { pretendToBeVisual: true, url: 'http://127.0.0.1/' })
for (const key of Object.getOwnPropertyNames(dom.window)) {
  if (!(key in globalThis) || ['document', 'navigator', 'window', 'Event', 'CustomEvent'].includes(key)) {
    Object.defineProperty(globalThis, key, { value: dom.window[key], configurable: true, writable: true })
  }
}
// What jsdom has no layout for
const nowhere = { x: 0, y: 0, top: 0, left: 0, right: 0, bottom: 0, width: 0, height: 0 }
dom.window.Range.prototype.getBoundingClientRect = () => nowhere
dom.window.Range.prototype.getClientRects = () => []
dom.window.document.elementFromPoint = () => null
dom.window.matchMedia ??= () => ({ matches: false, addEventListener () {}, removeEventListener () {}, addListener () {} })
const drawn = (...numbers) => ({ ...nowhere, data: new Uint8ClampedArray(4 * (numbers.at(-2) || 1) * (numbers.at(-1) || 1)) })
const canvas = new Proxy({}, { get: (_, word) => (word.endsWith('Ratio') ? undefined : drawn), set: () => true })
dom.window.HTMLCanvasElement.prototype.getContext = () => canvas
dom.window.document.queryCommandSupported ??= () => false
globalThis.matchMedia ??= dom.window.matchMedia
globalThis.ResizeObserver ??= class { observe () {} unobserve () {} disconnect () {} }
for (const method of ['addEventListener', 'removeEventListener', 'dispatchEvent']) {
  globalThis[method] = dom.window[method].bind(dom.window)
}
globalThis.WebSocket = require('ws')

const page = readFileSync(path.join(root, 'docs/clients.md'), 'utf8')
const section = page.split(/^## /m).find((part) => part.startsWith(`${name}\n`))
const snippet = /```js\n([^]*?)```/.exec(section)[1]
const lines = snippet
  .replaceAll('wss://weft.example', url)
  .replace(/import "[^"]+\.css"\n/g, '')
// Our own package.json has several versions of each, under other names.
const renamed = process.env.CLIENTS_FROM
  ? lines
  : lines.replace('"y-websocket"', '"y-websocket-3"').replace('"@hocuspocus/provider"', '"hocuspocus-4"')
const temporary = mkdtempSync(path.join(folder, 'node_modules/.clients-'))
const file = path.join(temporary, 'client.mjs')
writeFileSync(file, `const { documentId, token } = globalThis.weft\n${renamed}\nexport { doc, editor, provider }\n`)
globalThis.weft = { documentId, token }
let client
try {
  const bundler = process.env.CLIENTS_FROM && tryRequire('esbuild')
  if (bundler) {
    const loader = { '.css': 'empty', '.ttf': 'empty' }
    await bundler.build({ entryPoints: [file], outfile: file, allowOverwrite: true, bundle: true, format: 'esm', loader })
  }
  client = await import(pathToFileURL(file))
} finally {
  rmSync(temporary, { recursive: true })
}
const { doc, editor, provider } = client

const writers = {
  Tiptap: (text) => editor.commands.insertContent(text),
  CodeMirror: (text) => editor.dispatch({ changes: { from: 0, insert: text } }),
  Quill: (text) => editor.insertText(0, text, 'user'),
  Monaco: (text) => editor.executeEdits('typing', [{ range: { startLineNumber: 1, startColumn: 1, endLineNumber: 1, endColumn: 1 }, text }]),
  BlockNote: (text) => editor.insertBlocks([{ type: 'paragraph', content: text }], editor.document[0])
}
const readers = {
  Tiptap: () => editor.getText(),
  CodeMirror: () => editor.state.doc.toString(),
  Quill: () => editor.getText(),
  Monaco: () => editor.getModel().getValue(),
  BlockNote: () => JSON.stringify(editor.document)
}

const until = (question) =>
  new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error('still not')), 20000)
    const look = setInterval(() => {
      if (!question()) return
      clearInterval(look)
      clearTimeout(timeout)
      resolve()
    }, 10)
  })

const verbs = {
  synced: () => until(() => provider.synced),
  type: ({ text }) => void writers[name](text),
  contain: ({ text }) => until(() => readers[name]().includes(text))
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  let error = null
  try {
    await verbs[command.do](command)
  } catch (caught) {
    error = String(caught?.stack ?? caught)
  }
  console.log(JSON.stringify({ error, text: readers[name](), shared: [...doc.share.keys()] }))
}
process.exit(0)
