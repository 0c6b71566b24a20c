import { afterEach, expect, test } from "vitest"
import { block, type Desk, h, openDesk, p } from "../testing"
import { countWords, headingsIn, wordCount } from "./text"

let desk: Desk
afterEach(() => desk.close())

test("the outline lists headings in order, those in boxes and toggles too", () => {
  desk = openDesk()
  desk.editor.commands.setContent(
    block(
      "doc",
      {},
      h(1, "One"),
      p("text"),
      block("callout", { kind: "info" }, h(3, "Boxed")),
      block("details", {}, block("detailsSummary", {}, "More"), block("detailsContent", {}, h(2, "Folded"))),
    ),
  )
  const headings = headingsIn(desk.editor.state.doc)
  expect(headings.map(({ level, text }) => [level, text])).toEqual([
    [1, "One"],
    [3, "Boxed"],
    [2, "Folded"],
  ])
  for (const { pos, text } of headings) expect(desk.editor.state.doc.nodeAt(pos)?.textContent).toBe(text)
})

test("the outline follows edits", () => {
  desk = openDesk()
  desk.editor.commands.setContent(block("doc", {}, p("a"), h(2, "Here")))
  headingsIn(desk.editor.state.doc)
  desk.editor.commands.insertContentAt(0, p("more"))
  const [heading] = headingsIn(desk.editor.state.doc)
  expect(desk.editor.state.doc.nodeAt(heading?.pos ?? -1)?.textContent).toBe("Here")
})

test("words are counted as people count them", () => {
  desk = openDesk()
  desk.editor.commands.setContent(
    block(
      "doc",
      {},
      h(1, "Two words"),
      p("It’s the north-east, 3.5 m — done."),
      block("bulletList", {}, block("listItem", {}, p("one")), block("listItem", {}, p("two"))),
    ),
  )
  expect(wordCount(desk.editor.state.doc)).toBe(10)
  expect(countWords("東京都")).toBe(3)
  expect(countWords(" … — ")).toBe(0)
})
