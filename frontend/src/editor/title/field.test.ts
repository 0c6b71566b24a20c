import fc from "fast-check"
import { afterEach, describe, expect, test } from "vitest"
import { Doc, UndoManager } from "yjs"
import { titleOf, titleOrigin } from "../collaboration/fields"
import { link } from "../testing"
import { followDelta, oneLine, spliceBetween, TitleField } from "./field"

/** A text field as far as the binding sees one. */
class Field {
  value = ""
  selectionStart = 0
  selectionEnd = 0
  setSelectionRange(start: number, end: number): void {
    this.selectionStart = start
    this.selectionEnd = end
  }
}

class Desk {
  readonly field = new Field()
  readonly doc = new Doc()
  shown = ""
  readonly binding = new TitleField(this.field, titleOf(this.doc), (value) => {
    this.shown = value
  })
  /** What a browser does when someone types, or pastes over, at a place. */
  type(words: string, start = this.field.selectionStart, end = start): void {
    this.field.value = this.field.value.slice(0, start) + words + this.field.value.slice(end)
    this.field.setSelectionRange(start + words.length, start + words.length)
    this.binding.input()
  }
}

let desks: Desk[] = []
const open = (count: number) => {
  desks = Array.from({ length: count }, () => new Desk())
  link(...desks.map((desk) => desk.doc))
  return desks as [Desk, Desk, ...Desk[]]
}
afterEach(() => {
  for (const desk of desks) desk.binding.destroy()
})

describe("the title", () => {
  test("is written together", () => {
    const [ann, bob] = open(2)
    ann.type("Plan")
    bob.type(" B", 4)
    expect(ann.shown).toBe("Plan B")
    expect(bob.field.value).toBe("Plan B")
  })

  test("keeps one's caret where it was in the words", () => {
    const [ann, bob] = open(2)
    ann.type("harbour")
    ann.field.setSelectionRange(3, 5)
    bob.type("The ", 0)
    expect([ann.field.selectionStart, ann.field.selectionEnd]).toEqual([7, 9])
  })

  test("stays on one line", () => {
    const [ann, bob] = open(2)
    ann.type("one\r\ntwo\nthree")
    expect(bob.field.value).toBe("one two three")
    expect(ann.field.value).toBe("one two three")
    expect(oneLine("a\u2028b")).toBe("a b")
  })

  test("waits for an input method to finish, then merges what came meanwhile", () => {
    const [ann, bob] = open(2)
    ann.type("京")
    ann.binding.beginComposition()
    ann.type("と", 1)
    bob.type("新", 0)
    expect(titleOf(bob.doc).toString()).toBe("新京")
    expect(ann.field.value).toBe("京と")
    ann.type("都", 1, 2)
    ann.binding.endComposition()
    expect(ann.field.value).toBe("新京都")
    expect(bob.field.value).toBe("新京都")
  })

  test("is undone for oneself only", () => {
    const [ann, bob] = open(2)
    const history = new UndoManager(titleOf(ann.doc), { trackedOrigins: new Set([titleOrigin]) })
    ann.type("mine")
    bob.type(" his", 4)
    history.undo()
    expect(ann.field.value).toBe(" his")
    expect(bob.field.value).toBe(" his")
  })

  test("converges whatever is typed by whom, and never holds half an emoji", () => {
    const act = fc.record({
      who: fc.nat(2),
      start: fc.nat(30),
      remove: fc.nat(4),
      words: fc.string({ maxLength: 4, unit: "grapheme" }),
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const all = open(3)
        for (const { who, start, remove, words } of acts) {
          const desk = all[who] as Desk
          const text = desk.field.value
          const from = boundary(text, start)
          desk.type(words, from, boundary(text, from + remove))
        }
        for (const desk of all) {
          expect(desk.field.value).toBe(all[0].field.value)
          expect(desk.field.value).toBe(titleOf(desk.doc).toString())
          expect(desk.field.value.isWellFormed()).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  }, 60_000)
})

describe("the edit between two texts", () => {
  test("is found at the caret, where the person typed", () => {
    expect(spliceBetween("aaa", "aaaa", 2)).toEqual({ index: 1, remove: 0, insert: "a" })
    expect(spliceBetween("aaa", "aa", 1)).toEqual({ index: 1, remove: 1, insert: "" })
  })

  test("replaces whole characters when only halves of them differ", () => {
    expect(spliceBetween("a😀b", "a😁b", 3)).toEqual({ index: 1, remove: 2, insert: "😁" })
    expect(spliceBetween("😀", "", 0)).toEqual({ index: 0, remove: 2, insert: "" })
  })

  test("turns one into the other, always", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 12 })
    fc.assert(
      fc.property(text, text, fc.nat(12), (before, after, caret) => {
        const { index, remove, insert } = spliceBetween(before, after, caret)
        expect(before.slice(0, index) + insert + before.slice(index + remove)).toBe(after)
        expect(insert.isWellFormed() || !after.isWellFormed()).toBe(true)
      }),
    )
  })
})

test("a place in the text moves with what is inserted and deleted before it", () => {
  expect(followDelta(3, [{ retain: 1 }, { insert: "xx" }])).toBe(5)
  expect(followDelta(3, [{ delete: 2 }])).toBe(1)
  expect(followDelta(3, [{ retain: 2 }, { delete: 9 }])).toBe(2)
  expect(followDelta(3, [{ retain: 3 }, { insert: "x" }])).toBe(3)
})

function boundary(text: string, index: number): number {
  const at = Math.min(index, text.length)
  return text.slice(0, at).isWellFormed() || !text.isWellFormed() ? at : at - 1
}
