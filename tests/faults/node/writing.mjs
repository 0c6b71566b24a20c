// What people do to a document, from a seed: typing, pasting, formatting, nested types, undo, emoji and their halves,
// deleting. `edit` does one such thing to a Y.Doc of Yjs 13, `editNext` to one of Yjs 14.

/** mulberry32: the same numbers everywhere from the same seed. */
export function randomOf(seed) {
  let state = seed >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  random.below = (end) => Math.floor(random() * end)
  random.of = (choices) => choices[random.below(choices.length)]
  return random
}

const WORDS = ['weft ', 'writes ', 'together ', 'a', 'é ', '漢字 ', 'ß\n', '👩‍👩‍👧 ', '🧵', '𝒲eft ']
const FORMATS = [{ bold: true }, { bold: null }, { italic: true }, { link: { href: 'https://example.com' } }, { link: null }]
const OURS = 'ours'

/** The roots that everybody writes to: `default` is the editor's own. */
export const rootsOf = (doc) => ({
  text: doc.getText('text'),
  page: doc.getXmlFragment('default'),
  map: doc.getMap('map'),
  list: doc.getArray('list')
})

export const undoOf = (Y, doc) => {
  const { text, page } = rootsOf(doc)
  return new Y.UndoManager([text, page], { trackedOrigins: new Set([OURS]), captureTimeout: 0 })
}

export function edit (Y, doc, random, undo) {
  const kinds = [typing, typing, typing, pasting, formatting, deleting, splitting, paragraph, inParagraph, inParagraph, nested, inList]
  const dice = random()
  if (dice < 0.06 && undo.canUndo()) return void undo.undo()
  if (dice < 0.09 && undo.canRedo()) return void undo.redo()
  const kind = random.of(kinds)
  doc.transact(() => kind(Y, rootsOf(doc), random), OURS)
}

const typing = (_, { text }, random) => text.insert(random() < 0.3 ? random.below(text.length + 1) : text.length, random.of(WORDS))

const pasting = (_, { text }, random) => {
  const pasted = Array.from({ length: 20 + random.below(40) }, () => random.of(WORDS)).join('')
  text.insert(random.below(text.length + 1), pasted, random() < 0.5 ? { bold: true } : {})
}

const formatting = (Y, roots, random) => {
  const { text } = roots
  if (!text.length) return typing(Y, roots, random)
  const at = random.below(text.length)
  text.format(at, 1 + random.below(Math.min(12, text.length - at)), random.of(FORMATS))
}

const deleting = (Y, roots, random) => {
  const { text, list } = roots
  if (random() < 0.2 && list.length) return list.delete(random.below(list.length))
  if (!text.length) return typing(Y, roots, random)
  const at = random.below(text.length)
  text.delete(at, 1 + random.below(Math.min(8, text.length - at)))
}

/** An old browser that counts units where there are characters: it writes between the halves of one, or takes one away. */
const splitting = (_, { text }, random) => {
  const at = text.length ? random.below(text.length) : 0
  text.insert(at, '😀')
  if (random() < 0.3) text.insert(at + 1, 'x')
  else if (random() < 0.3) text.delete(at + 1, 1)
}

const paragraph = (Y, { page }, random) => {
  if (page.length > 3 && random() < 0.3) return page.delete(random.below(page.length))
  const element = new Y.XmlElement(random() < 0.2 ? 'heading' : 'paragraph')
  if (element.nodeName === 'heading') element.setAttribute('level', 1 + random.below(3))
  const text = new Y.XmlText()
  text.insert(0, random.of(WORDS))
  element.insert(0, [text])
  page.insert(random.below(page.length + 1), [element])
}

const inParagraph = (Y, roots, random) => {
  const { page } = roots
  const element = page.length ? page.get(random.below(page.length)) : null
  const text = element?.length ? element.get(0) : null
  if (!(text instanceof Y.XmlText)) return paragraph(Y, roots, random)
  const dice = random()
  if (dice < 0.15 && text.length > 4) text.delete(random.below(text.length - 2), 2)
  else if (dice < 0.3 && text.length > 4) text.format(random.below(text.length - 3), 3, { bold: {} })
  else if (dice < 0.4) element.setAttribute('textAlign', random.of(['left', 'center', 'right']))
  else text.insert(random.below(text.length + 1), random.of(WORDS))
}

const nested = (Y, { map }, random) => {
  const key = random.of(['cards', 'notes', 'tags'])
  const there = map.get(key)
  if (there instanceof Y.Map && random() < 0.7) {
    const inner = there.get('body')
    if (inner instanceof Y.Text && random() < 0.6) inner.insert(random.below(inner.length + 1), random.of(WORDS))
    else there.set('count', random.below(100))
    return
  }
  if (random() < 0.2 && there !== undefined) return map.delete(key)
  const made = new Y.Map()
  made.set('body', new Y.Text(random.of(WORDS)))
  made.set('tags', Y.Array.from([1, 'two', { three: [3, null, true] }]))
  map.set(key, made)
}

const inList = (Y, { list }, random) => {
  const at = random.below(list.length + 1)
  if (random() < 0.3) list.insert(at, [new Y.Text(random.of(WORDS))])
  else list.insert(at, [random.below(1000), random.of(WORDS), { bytes: [random.below(10)] }])
}

/** Yjs 14 has one kind of type and other names. */
export function editNext (doc, random) {
  const text = doc.get('text')
  const dice = random()
  if (dice < 0.2 && text.length) {
    const at = random.below(text.length)
    text.delete(at, 1 + random.below(Math.min(5, text.length - at)))
  } else if (dice < 0.35 && text.length) {
    const at = random.below(text.length)
    text.format(at, 1 + random.below(Math.min(5, text.length - at)), { bold: true })
  } else text.insert(random.below(text.length + 1), random.of(WORDS))
}
