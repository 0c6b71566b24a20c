import fc from "fast-check"
import { expect, it } from "vitest"
import * as Y from "yjs"
import { split } from "./splitting"

const LIMIT = 1024

const word = fc.constantFrom("a", "é", "木", "😀").chain((letter) => fc.integer({ min: 1, max: 1500 }).map((times) => letter.repeat(times)))
const edit = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("insert" as const), at: fc.nat(), word }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), at: fc.nat(), length: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("set" as const), key: fc.constantFrom("k", "l"), word }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("nest" as const), word }) },
)
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never

function make(edits: Edit[], author: number): Y.Doc {
  const doc = new Y.Doc({ gc: false })
  doc.clientID = author
  const text = doc.getText("t")
  for (const step of edits) {
    if (step.kind === "insert") text.insert(step.at % (text.length + 1), step.word)
    else if (step.kind === "set") doc.getMap("m").set(step.key, step.word)
    else if (step.kind === "nest") doc.getXmlFragment("x").insert(0, [new Y.XmlText(step.word)])
    else if (text.length > 0) {
      const at = step.at % text.length
      text.delete(at, Math.min(step.length, text.length - at))
    }
  }
  return doc
}

const content = (doc: Y.Doc) => [doc.getText("t").toString(), doc.getMap("m").toJSON(), doc.getXmlFragment("x").toString()]

it("makes small parts that are the same document, in whatever order they come", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 12 }), fc.array(edit, { maxLength: 6 }), fc.infiniteStream(fc.nat()), (ours, theirs, order) => {
      const doc = make(ours, 7)
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(make(theirs, 9)))
      const parts = split(Y.encodeStateAsUpdate(doc), LIMIT)
      const again = new Y.Doc()
      for (const part of parts.map((bytes) => ({ bytes, key: order.next().value as number })).sort((a, b) => a.key - b.key)) {
        Y.applyUpdate(again, part.bytes)
      }
      expect(content(again)).toEqual(content(doc))
      expect(again.store.pendingStructs).toBeNull()
      expect(again.store.pendingDs).toBeNull()
      // A value in a map is one piece, however long.
      const uncut = Math.max(0, ...[...ours, ...theirs].map((step) => (step.kind === "set" ? step.word.length * 4 : 0)))
      for (const part of parts) expect(part.byteLength).toBeLessThanOrEqual(Math.max(LIMIT, uncut + 200))
    }),
  )
})

it("leaves what is small enough as it is", () => {
  const update = Y.encodeStateAsUpdate(make([{ kind: "insert", at: 0, word: "short" }], 1))
  expect(split(update, LIMIT)).toEqual([update])
})

it("cuts a pasted book between characters, never within one", () => {
  const doc = make([{ kind: "insert", at: 0, word: "😀".repeat(100_000) }], 1)
  const parts = split(Y.encodeStateAsUpdate(doc), 60_000)
  expect(parts.length).toBeLessThan(12)
  const again = new Y.Doc()
  for (const part of parts) Y.applyUpdate(again, part)
  expect(again.getText("t").toString()).toBe("😀".repeat(100_000))
})
