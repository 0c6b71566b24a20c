import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { getSchema, type JSONContent } from "@tiptap/core"
import { Node as PmNode } from "@tiptap/pm/model"
import { prosemirrorJSONToYDoc, yDocToProsemirrorJSON } from "@tiptap/y-tiptap"
import { afterEach, describe, expect, test } from "vitest"
import { applyUpdate, Doc, encodeStateAsUpdate } from "yjs"
import { block, type Desk, h, openDesk, p, plain } from "../testing"
import { inkOn, nearestPaint, INKS, MARKERS } from "./colors"
import { documentSchema } from "./index"
import { isSafeImage } from "./image"
import { knownLanguage, LANGUAGES } from "./languages"
import { isSafeLink, toAddress } from "./marks"

// documents/content/safety.py is tested against the same.
const addresses = JSON.parse(readFileSync(resolve("../tests/vectors/addresses.json"), "utf8")) as Record<"safe" | "safe_links" | "unsafe", string[]>

const schema = getSchema(documentSchema())
const marked = (text: string, ...marks: JSONContent["marks"] & object[]): JSONContent => ({ type: "text", text, marks })

const everything: JSONContent = block(
  "doc",
  {},
  h(1, "One"),
  h(4, "Four"),
  p(
    "plain ",
    marked("bold", { type: "bold" }),
    marked("italic", { type: "italic" }),
    marked("under", { type: "underline" }),
    marked("struck", { type: "strike" }),
    marked("code", { type: "code" }),
    marked("link", { type: "link", attrs: { href: "https://example.org/" } }),
    marked("marked", { type: "highlight", attrs: { color: "#fff1ad" } }),
    marked("inked", { type: "textStyle", attrs: { color: "#b42318" } }),
    block("hardBreak"),
    block("inlineMath", { latex: "x^2" }),
  ),
  block("paragraph", { textAlign: "center" }, "centred"),
  block(
    "bulletList",
    {},
    block("listItem", {}, p("a"), block("orderedList", { start: 3 }, block("listItem", {}, p("b")))),
  ),
  block("taskList", {}, block("taskItem", { checked: true }, p("done"))),
  block("blockquote", {}, p("quoted")),
  block("callout", { kind: "danger" }, p("mind"), block("bulletList", {}, block("listItem", {}, p("the gap")))),
  block("codeBlock", { language: "python" }, "print('👋')"),
  block("horizontalRule"),
  block("image", { src: "https://example.org/a.png", alt: "A", width: 50 }),
  block("details", {}, block("detailsSummary", {}, "More"), block("detailsContent", {}, p("inside"))),
  block("blockMath", { latex: "\\sum_i x_i" }),
  block(
    "table",
    {},
    block("tableRow", {}, block("tableHeader", { colspan: 2, rowspan: 1, colwidth: [80, 120] }, p("Head"))),
    block(
      "tableRow",
      {},
      block("tableCell", { colspan: 1, rowspan: 1 }, p("x")),
      block("tableCell", { colspan: 1, rowspan: 1 }, p("y")),
    ),
  ),
)

describe("the schema", () => {
  let desk: Desk | undefined
  afterEach(() => {
    desk?.close()
    desk = undefined
  })

  test("brings one of everything through Yjs and back unchanged", () => {
    const node = PmNode.fromJSON(schema, everything)
    node.check()
    const sent = prosemirrorJSONToYDoc(schema, everything, "default")
    const received = new Doc()
    applyUpdate(received, encodeStateAsUpdate(sent))
    const back = PmNode.fromJSON(schema, yDocToProsemirrorJSON(received, "default"))
    expect(back.eq(node)).toBe(true)
    expect(plain(back.toJSON())).toEqual(plain(node.toJSON()))
  })

  test("has the node and mark names the server reads", () => {
    const names =
      "doc paragraph heading text hardBreak blockquote bulletList orderedList listItem taskList taskItem codeBlock horizontalRule image table tableRow tableHeader tableCell details detailsSummary detailsContent inlineMath blockMath callout"
    expect(Object.keys(schema.nodes).sort()).toEqual(names.split(" ").sort())
    expect(Object.keys(schema.marks).sort()).toEqual(
      "bold code highlight italic link strike textStyle underline".split(" "),
    )
  })

  test("stores of a link its address and nothing else", () => {
    expect(schema.marks.link?.create({ href: "https://example.org" }).attrs).toEqual({ href: "https://example.org" })
  })

  test("draws a hostile document without letting anything out of its place", () => {
    desk = openDesk()
    desk.editor.commands.setContent(
      block(
        "doc",
        {},
        block("paragraph", { textAlign: "left;position:fixed;inset:0" }, "a"),
        p(
          marked("b", { type: "highlight", attrs: { color: "red;position:fixed" } }),
          marked("c", { type: "textStyle", attrs: { color: "url(https://evil.example)" } }),
          marked("d", { type: "link", attrs: { href: "java\tscript:alert(1)" } }),
        ),
        block("image", { src: "javascript:alert(1)", alt: "<b>" }),
        block("callout", { kind: '"><script>' }, p("e")),
      ),
    )
    const html = desk.editor.view.dom.innerHTML
    expect(html).not.toMatch(/position|url\(|javascript|script:|<script/i)
    expect(desk.editor.view.dom.querySelector("a")).toBeNull()
    expect(desk.editor.view.dom.querySelector("img")?.hasAttribute("src")).toBe(false)
  })

  test("reads back the HTML it writes", () => {
    desk = openDesk()
    desk.editor.commands.setContent(everything)
    const before = plain(desk.editor.getJSON())
    desk.editor.commands.setContent(desk.editor.getHTML())
    expect(plain(desk.editor.getJSON())).toEqual(before)
  })
})

describe("links and pictures", () => {
  test("only open what a browser may safely open", () => {
    for (const good of [
      "https://a.example",
      "http://a.example/x?y#z",
      "mailto:a@b.example",
      "tel:+123",
      "/d/1",
      "#part",
    ])
      expect(isSafeLink(good)).toBe(true)
    for (const bad of [
      "javascript:alert(1)",
      " JAVASCRIPT:1",
      "java\nscript:1",
      "data:text/html,x",
      "vbscript:x",
      "file:///etc",
      "sms:1",
      null,
      3,
    ]) {
      expect(isSafeLink(bad)).toBe(false)
    }
    expect(isSafeImage("data:image/png;base64,AA")).toBe(true)
    for (const bad of ["data:image/svg+xml;base64,AA", "javascript:1", "//evil.example/a.png", "file:///a.png"])
      expect(isSafeImage(bad)).toBe(false)
  })

  test("take and refuse the same addresses as the server’s exports", () => {
    for (const good of [...addresses.safe, ...addresses.safe_links]) expect(isSafeLink(good), good).toBe(true)
    for (const good of addresses.safe) expect(isSafeImage(good), good).toBe(true)
    for (const bad of addresses.unsafe) expect([isSafeLink(bad), isSafeImage(bad)], bad).toEqual([false, false])
    for (const link of addresses.safe_links) expect(isSafeImage(link), link).toBe(false)
  })

  test("take bare domains and e-mail addresses as people type them", () => {
    expect(toAddress(" example.org/a ")).toBe("https://example.org/a")
    expect(toAddress("ann@example.org")).toBe("mailto:ann@example.org")
    expect(toAddress("not an address")).toBeNull()
    expect(toAddress("javascript:alert(1)")).toBeNull()
  })
})

describe("colours", () => {
  test("from elsewhere become the nearest of ours, and greys none", () => {
    expect(nearestPaint("yellow", MARKERS)).toBe("#fff1ad")
    expect(nearestPaint("rgb(255, 0, 0)", INKS)).toBe("#b42318")
    expect(nearestPaint("#1155cc", INKS)).toBe("#2f5fb3")
    for (const grey of ["#000", "rgb(34,34,34)", "white", "windowtext", "rgba(255,0,0,0)"])
      expect(nearestPaint(grey, INKS)).toBeNull()
  })

  test("of people get the ink that can be read on them", () => {
    expect(inkOn("#ffe066")).toBe("#1c1b18")
    expect(inkOn("#1e3a8a")).toBe("#ffffff")
  })
})

test("every offered language can be highlighted", async () => {
  const { lowlight } = await import("./grammars")
  expect(LANGUAGES.map(([id]) => id).filter((id) => !lowlight.registered(id))).toEqual([])
  expect(knownLanguage("TS")).toBe("typescript")
  expect(knownLanguage("brainfuck")).toBeNull()
})

test("what is typed behind a link is no part of it", () => {
  const desk = openDesk()
  desk.editor.commands.setContent(p(marked("there", { type: "link", attrs: { href: "https://example.org/" } })))
  desk.editor.commands.setTextSelection(6)
  desk.editor.view.dispatch(desk.editor.state.tr.insertText(" and on"))
  expect(plain(desk.editor.getJSON()).content).toEqual([
    p(marked("there", { type: "link", attrs: { href: "https://example.org/" } }), " and on"),
  ])
  desk.close()
})
