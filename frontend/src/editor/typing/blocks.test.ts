import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { findKinds } from "../menus/blockKinds"
import { readableKeys } from "../menus/shortcuts"
import { block, type Desk, openDesk, p } from "../testing"
import { deleteBlock, duplicateBlock, moveBlock, selectedBlock } from "./blocks"
import { focusEnd } from "./trailingLine"

let desk: Desk
beforeEach(() => {
  desk = openDesk()
})
afterEach(() => desk.close())

const li = (words: string) => block("listItem", {}, p(words))
const lines = () => desk.editor.getText({ blockSeparator: "|" })

/** Puts the caret into the block that says these words. */
function at(words: string) {
  let place = 0
  desk.editor.state.doc.descendants(
    (node, pos) => void (node.isTextblock && node.textContent === words && (place = pos + 1)),
  )
  desk.editor.commands.setTextSelection(place)
  const found = selectedBlock(desk.editor.state)
  if (!found) throw new Error(`no block around ${words}`)
  return found
}

test("a line of a table cell changes within its cell, whatever the table stands in", () => {
  const cell = (words: string) => block("tableCell", {}, p(words))
  const table = block("table", {}, block("tableRow", {}, cell("left"), cell("right")))
  desk.editor.commands.setContent(block("doc", {}, block("callout", {}, p("Box"), table)))
  at("right")
  findKinds("code")[0]!.apply(desk.editor)
  const { doc } = desk.editor.state
  expect(doc.childCount).toBe(1)
  expect(doc.toString()).toBe(
    'doc(callout(paragraph("Box"), table(tableRow(tableCell(paragraph("left")), tableCell(codeBlock("right"))))))',
  )
})

describe("a block", () => {
  test("moves past its neighbour with the caret in it, and stops at the edge", () => {
    desk.editor.commands.setContent(block("doc", {}, p("a"), p("b"), p("c")))
    const { editor } = desk
    editor.view.dispatch(moveBlock(editor.state, at("c"), -1) as never)
    expect(lines()).toBe("a|c|b")
    expect(editor.state.selection.$from.parent.textContent).toBe("c")
    editor.view.dispatch(moveBlock(editor.state, at("c"), -1) as never)
    expect(moveBlock(editor.state, at("c"), -1)).toBeNull()
    expect(lines()).toBe("c|a|b")
  })

  test("in a list is the item, in a cell the table", () => {
    desk.editor.commands.setContent(block("doc", {}, block("bulletList", {}, li("one"), li("two")), p("end")))
    expect(at("two").node.type.name).toBe("listItem")
    desk.editor.view.dispatch(moveBlock(desk.editor.state, at("two"), -1) as never)
    expect(lines()).toMatch(/two.*one.*end/s)
    desk.editor.commands.setTextSelection(desk.editor.state.doc.content.size)
    desk.editor.commands.insertTable({ rows: 2, cols: 2, withHeaderRow: false })
    expect(selectedBlock(desk.editor.state)?.node.type.name).toBe("table")
  })

  test("is doubled below itself", () => {
    desk.editor.commands.setContent(block("doc", {}, p("a"), p("b")))
    desk.editor.view.dispatch(duplicateBlock(desk.editor.state, at("a")))
    expect(lines()).toBe("a|a|b")
  })

  test("is deleted, its list with it when it was the last item, and a line is left when all is gone", () => {
    desk.editor.commands.setContent(block("doc", {}, block("bulletList", {}, li("only")), p("b")))
    desk.editor.view.dispatch(deleteBlock(desk.editor.state, at("only")))
    expect(desk.editor.getHTML()).toBe("<p>b</p>")
    desk.editor.view.dispatch(deleteBlock(desk.editor.state, at("b")))
    expect(desk.editor.getHTML()).toBe("<p></p>")
  })
})

test("a click below the text makes a line only when there is none", () => {
  desk.editor.commands.setContent(block("doc", {}, p("a"), block("horizontalRule")))
  focusEnd(desk.editor)
  focusEnd(desk.editor)
  expect(desk.editor.state.doc.childCount).toBe(3)
  expect(desk.editor.state.selection.$from.parent.content.size).toBe(0)
})

test("the slash menu finds kinds by name, by other words, and by how they're typed", () => {
  expect(findKinds("h2")[0]?.id).toBe("heading2")
  expect(findKinds("todo")[0]?.id).toBe("taskList")
  expect(findKinds("heading3")[0]?.id).toBe("heading3")
  expect(findKinds("eq")[0]?.id).toBe("math")
  expect(findKinds("###")[0]?.id).toBe("heading3")
  expect(findKinds("heading 3")[0]?.id).toBe("heading3")
  expect(findKinds("nonsense")).toEqual([])
  for (const prose of [" list", "text ", "list of"]) expect(findKinds(prose), prose).toEqual([])
})

test("shortcuts are written as the machine writes them", () => {
  expect(readableKeys("Mod-Shift-S", false)).toBe("Ctrl+Shift+S")
  expect(readableKeys("Mod-Shift-S", true)).toBe("⌘⇧S")
})

test("undo, just after signs became a heading, brings the signs back, and then takes back what was typed", () => {
  const { editor } = desk
  const type = (text: string) => {
    const { from, to } = editor.state.selection
    if (!editor.view.someProp("handleTextInput", (handle) => handle(editor.view, from, to, text, () => editor.state.tr))) {
      editor.view.dispatch(editor.state.tr.insertText(text, from, to))
    }
  }
  const press = (key: string) =>
    editor.view.someProp("handleKeyDown", (handle) => handle(editor.view, new KeyboardEvent("keydown", { key, ctrlKey: true })))
  type("#")
  type(" ")
  expect(editor.state.doc.toString()).toBe("doc(heading)")
  press("z")
  expect(editor.state.doc.toString()).toBe('doc(paragraph("# "))')
  press("z")
  expect(editor.state.doc.textContent).toBe("")
})
