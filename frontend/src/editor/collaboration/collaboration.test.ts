import type { Editor } from "@tiptap/core"
import { Selection, type Transaction } from "@tiptap/pm/state"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness"
import { applyUpdate, Doc, encodeStateAsUpdate } from "yjs"
import { moveBlock, selectedBlock } from "../typing/blocks"
import { block, type Desk, h, link, openDesk, p } from "../testing"
import { bodyOf, titleOf, titleOrigin } from "./fields"
import { elementAt, positionOf } from "./identity"
import { initials, othersHere, personOf } from "./people"

let ann: Desk
let bob: Desk

beforeEach(() => {
  ann = openDesk({ id: 1, name: "Ann", color: "#c2410c" })
  bob = openDesk({ id: 2, name: "Bob", color: "#0f766e" })
  link(ann.doc, bob.doc)
})
afterEach(() => {
  ann.close()
  bob.close()
})

const html = (desk: Desk) => desk.editor.getHTML()
const write = (editor: Editor, words: string) => editor.view.dispatch(editor.state.tr.insertText(words))

describe("two editors", () => {
  test("show the same after both have written", () => {
    write(ann.editor, "Hello")
    bob.editor.commands.setTextSelection(6)
    write(bob.editor, " there 👋🏽")
    expect(html(ann)).toBe("<p>Hello there 👋🏽</p>")
    expect(html(bob)).toBe(html(ann))
  })

  test("converge whatever either does, in any order", () => {
    const act = fc.record({
      who: fc.boolean(),
      what: fc.integer({ min: 0, max: 8 }),
      where: fc.nat(60),
      words: fc.string({ maxLength: 5, unit: "grapheme" }),
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        for (const { who, what, where, words } of acts) {
          const { editor } = who ? ann : bob
          const $place = editor.state.doc.resolve(Math.min(where, editor.state.doc.content.size))
          editor.view.dispatch(editor.state.tr.setSelection(Selection.near($place)))
          if (what <= 2) write(editor, words)
          else if (what === 3) editor.commands.splitBlock()
          else if (what === 4) editor.commands.toggleBulletList()
          else if (what === 5) editor.commands.toggleHeading({ level: 2 })
          else if (what === 6) editor.commands.setCallout("info")
          else if (what === 7) editor.commands.undo()
          else {
            const found = selectedBlock(editor.state)
            const moved = found && moveBlock(editor.state, found, 1)
            if (moved) editor.view.dispatch(moved)
          }
        }
        expect(html(bob)).toBe(html(ann))
        expect(html(ann)).not.toContain("\ufffd")
        const late = openDesk({ id: 3, name: "Cleo", color: "#000000" })
        applyUpdate(late.doc, encodeStateAsUpdate(ann.doc))
        const seen = html(late)
        late.close()
        expect(seen).toBe(html(ann))
      }),
      { numRuns: 30 },
    )
  }, 60_000)

  test("undo only their own edits, in title and body alike", () => {
    titleOf(ann.doc).doc?.transact(() => titleOf(ann.doc).insert(0, "Plan"), titleOrigin)
    ann.editor.commands.focus()
    write(ann.editor, "mine")
    bob.editor.commands.setTextSelection(5)
    write(bob.editor, " and his")
    ann.editor.commands.undo()
    ann.editor.commands.undo()
    expect(ann.editor.getText()).toBe(" and his")
    expect(titleOf(bob.doc).toString()).toBe("")
    ann.editor.commands.redo()
    expect(titleOf(bob.doc).toString() + ann.editor.getText()).toContain("Plan")
  })

  test("do not write to a document by opening it", () => {
    const before = encodeStateAsUpdate(ann.doc)
    const late = openDesk({ id: 3, name: "Cleo", color: "#000000" })
    applyUpdate(late.doc, before)
    expect(encodeStateAsUpdate(late.doc)).toEqual(before)
    late.close()
  })
})

describe("a remote edit", () => {
  const steps = (desk: Desk, act: () => void): Transaction[] => {
    const seen: Transaction[] = []
    const note = ({ transaction }: { transaction: Transaction }) =>
      void (transaction.docChanged && seen.push(transaction))
    desk.editor.on("transaction", note)
    act()
    desk.editor.off("transaction", note)
    return seen
  }
  const many = () =>
    block(
      "doc",
      {},
      ...Array.from({ length: 300 }, (_, index) => (index % 10 ? p(`line ${index}`) : h(2, `part ${index}`))),
    )

  test("arrives as a step no larger than itself, and keeps all other blocks as they were", () => {
    ann.editor.commands.setContent(many())
    const before = bob.editor.state.doc
    const [seen] = steps(bob, () => {
      ann.editor.commands.setTextSelection(before.child(0).nodeSize + 3)
      write(ann.editor, "x")
    })
    const map = seen?.mapping.maps[0]
    let touched = 0
    map?.forEach((from, to, newFrom, newTo) => {
      touched += to - from + (newTo - newFrom)
    })
    expect(touched).toBe(1)
    const after = bob.editor.state.doc
    expect(after.child(0)).toBe(before.child(0))
    expect(after.child(299)).toBe(before.child(299))
    expect(after.toJSON()).toEqual(ann.editor.state.doc.toJSON())
  })

  test("leaves the other's selection where it was", () => {
    ann.editor.commands.setContent(many())
    const { editor } = bob
    const end = editor.state.doc.content.size - 1
    editor.commands.setTextSelection({ from: end - 4, to: end })
    const chosen = editor.state.doc.textBetween(end - 4, end)
    ann.editor.commands.setTextSelection(1)
    write(ann.editor, "well before ")
    const { from, to } = editor.state.selection
    expect(editor.state.doc.textBetween(from, to)).toBe(chosen)
  })

  test("does not take away a selection of cells", () => {
    ann.editor.commands.insertTable({ rows: 3, cols: 3, withHeaderRow: true })
    const cells: number[] = []
    bob.editor.state.doc.descendants((node, pos) => void (node.type.name === "tableCell" && cells.push(pos)))
    bob.editor.commands.setCellSelection({ anchorCell: cells[0] as number, headCell: cells[4] as number })
    ann.editor.commands.setTextSelection(ann.editor.state.doc.content.size - 4)
    write(ann.editor, "late")
    expect(bob.editor.state.selection.constructor.name).toContain("CellSelection")
    expect(bob.editor.getText()).toContain("late")
  })
})

describe("carets", () => {
  /** What a hostile client says of itself, past the editor that would not. */
  const say = (state: Record<string, unknown>, to: Desk) => {
    const awareness = new Awareness(new Doc())
    awareness.setLocalState(state)
    applyAwarenessUpdate(to.awareness, encodeAwarenessUpdate(awareness, [awareness.clientID]), "test")
    awareness.destroy()
  }

  test("carry a name as text, whatever is in it", async () => {
    write(ann.editor, "Hello")
    bob.editor.view.dom.focus()
    bob.editor.commands.setTextSelection(3)
    const { cursor } = bob.awareness.getLocalState() as { cursor: unknown }
    expect(cursor).toBeTruthy()
    say({ user: { id: 2, name: "<img src=x onerror=alert(1)>", color: "red;position:fixed" }, cursor }, ann)
    const caret = await vi.waitUntil(() => ann.editor.view.dom.querySelector(".weft-remote-caret"))
    expect(caret.querySelector("img")).toBeNull()
    expect(caret.textContent).toContain("<img src=x")
    expect(caret.getAttribute("style")).not.toContain("fixed")
  })

  test("that can't be read are left out and break nothing", async () => {
    const user = { id: 2, name: "Bob", color: "#0f766e" }
    const nonsense = [
      {},
      { anchor: 1 },
      { anchor: {}, head: "x" },
      { anchor: { item: { client: 5, clock: 9e9 } }, head: { item: {} } },
      "x",
      7,
    ]
    for (const cursor of nonsense) say({ user, cursor }, ann)
    const at = { type: null, tname: "default", item: null, assoc: 0 }
    say({ user: { ...user, name: "Honest" }, cursor: { anchor: at, head: at } }, ann)
    write(ann.editor, "Hello")
    await vi.waitUntil(() => ann.editor.view.dom.textContent?.includes("Honest"))
    expect(ann.editor.view.dom.querySelectorAll(".weft-remote-caret")).toHaveLength(1)
  })
})

describe("people", () => {
  test("are shown once each, however many tabs they have, and not oneself", () => {
    ann.awareness.setLocalState({ user: { id: 1, name: "Ann", color: "#c2410c" } })
    for (const [client, id, name] of [
      [11, 2, "Bob"],
      [12, 2, "Bob"],
      [13, 1, "Ann"],
      [14, 3, "Cleo"],
    ] as const) {
      ann.awareness.states.set(client, { user: { id, name, color: "#0f766e" } })
    }
    expect(othersHere(ann.awareness, 1).map((person) => person.name)).toEqual(["Bob", "Cleo"])
  })

  test("are read with bounds: no name is endless, no colour but a colour", () => {
    expect(personOf({ user: { id: 1, name: " ", color: "red" } })).toEqual({ id: 1, name: "Someone", color: "#6f6d66" })
    expect(personOf({ user: { id: 1, name: "x".repeat(500), color: "#ABCDEF" } })?.name).toHaveLength(80)
    expect(personOf({ user: "Ann" })).toBeNull()
    expect(initials("Ann Mary Archer")).toBe("AA")
    expect(initials("👩‍🚀 Zoë")).toBe("👩Z")
  })
})

test("a block is known again wherever others' edits carry it, and is none once it is gone", () => {
  const li = (words: string) => block("listItem", {}, p(words))
  const list = block("bulletList", {}, li("one"), li("two"))
  ann.editor.commands.setContent(block("doc", {}, p("p1"), block("callout", {}, p("box"), list)))
  const body = bodyOf(ann.doc)
  const find = (words: string) => {
    let at = -1
    ann.editor.state.doc.descendants((node, pos) => {
      if (at < 0 && node.textContent === words && /^(paragraph|listItem)$/.test(node.type.name)) at = pos
    })
    return at
  }
  const known = ["p1", "box", "two"].map((words) => [words, elementAt(body, ann.editor.state.doc, find(words))] as const)

  // A line that begins like the one it is put before: as a position, "p1" would now be the new one.
  bob.editor.commands.insertContentAt(0, p("p9"))
  bob.editor.commands.insertContentAt(bob.editor.state.doc.content.size, p("below"))
  for (const [words, element] of known) {
    expect(element && positionOf(body, ann.editor.state.doc, element), words).toBe(find(words))
  }
  bob.editor.commands.setContent(p("all new"))
  for (const [words, element] of known.slice(1)) {
    expect(element && positionOf(body, ann.editor.state.doc, element), words).toBeNull()
  }
})
