import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { block, type Desk, h, link, openDesk, p } from "../testing"
import { find, foundIn, replaceAll, replaceCurrent, step, stopFinding } from "./find"
import { MOST_MATCHES } from "./matches"

let ann: Desk
let bob: Desk
beforeEach(() => {
  ann = openDesk()
  bob = openDesk({ id: 2, name: "Bob", color: "#0f766e" })
  link(ann.doc, bob.doc)
  ann.editor.commands.setContent(
    block(
      "doc",
      {},
      h(1, "Tide tables"),
      p("The ", { type: "text", text: "ti", marks: [{ type: "bold" }] }, "de is high. TIDE!"),
      p("No match (here)."),
    ),
  )
  ann.editor.commands.setTextSelection(1)
})
afterEach(() => {
  ann.close()
  bob.close()
})

const words = (desk: Desk) =>
  foundIn(desk.editor.state).matches.map(({ from, to }) => desk.editor.state.doc.textBetween(from, to))

describe("find", () => {
  test("finds words however they are written, and across bold", () => {
    find(ann.editor, { words: "tide", matchCase: false })
    expect(words(ann)).toEqual(["Tide", "tide", "TIDE"])
    find(ann.editor, { words: "TIDE", matchCase: true })
    expect(words(ann)).toEqual(["TIDE"])
  })

  test("takes what is typed literally", () => {
    find(ann.editor, { words: "(here).", matchCase: false })
    expect(words(ann)).toEqual(["(here)."])
  })

  test("steps round in both directions and leaves the one looked at selected", () => {
    find(ann.editor, { words: "tide", matchCase: false })
    step(ann.editor, 1)
    step(ann.editor, 1)
    step(ann.editor, 1)
    expect(foundIn(ann.editor.state).current).toBe(0)
    step(ann.editor, -1)
    stopFinding(ann.editor)
    const { from, to } = ann.editor.state.selection
    expect(ann.editor.state.doc.textBetween(from, to)).toBe("TIDE")
    expect(ann.editor.view.dom.querySelector(".weft-found")).toBeNull()
  })

  test("keeps up while others write", () => {
    find(ann.editor, { words: "tide", matchCase: false })
    step(ann.editor, 1)
    bob.editor.commands.insertContentAt(0, p("A tide before"))
    expect(words(ann)).toEqual(["tide", "Tide", "tide", "TIDE"])
    expect(foundIn(ann.editor.state).current).toBe(2)
    bob.editor.commands.setContent(p("ebb"))
    expect(words(ann)).toEqual([])
    expect(foundIn(ann.editor.state).current).toBe(-1)
  })

  test("replaces all of them, also those beyond what it shows", () => {
    ann.editor.commands.setContent(block("doc", {}, p("tide ".repeat(MOST_MATCHES)), p("tide")))
    find(ann.editor, { words: "tide", matchCase: false })
    expect(replaceAll(ann.editor, "ebb")).toBe(MOST_MATCHES + 1)
    expect(ann.editor.getText()).not.toContain("tide")
  })

  test("replaces one, then all, keeping their looks", () => {
    find(ann.editor, { words: "tide", matchCase: false })
    replaceCurrent(ann.editor, "Flood")
    expect(ann.editor.getText()).toContain("Flood tables")
    expect(replaceAll(ann.editor, "ebb")).toBe(2)
    expect(bob.editor.getText({ blockSeparator: "|" })).toBe("Flood tables|The ebb is high. ebb!|No match (here).")
  })
})
