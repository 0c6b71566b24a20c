import { getSchema } from "@tiptap/core"
import { prosemirrorJSONToYXmlFragment } from "@tiptap/y-tiptap"
import type { Doc } from "yjs"
import { documentSchema } from "../src/editor/schema"

const text = (words: string, ...marks: object[]) => ({ type: "text", text: words, ...(marks.length ? { marks } : {}) })
const p = (...content: object[]) => ({ type: "paragraph", ...(content.length ? { content } : {}) })
const h = (level: number, words: string) => ({ type: "heading", attrs: { level }, content: [text(words)] })
const item = (...content: object[]) => ({ type: "listItem", content })
const cell = (type: string, words: string) => ({ type, content: [p(text(words))] })

const tour = [
  p(
    text("The harbour reopens in "),
    text("March", { type: "bold" }),
    text(". This page gathers what we know, what we "),
    text("assume", { type: "italic" }),
    text(", and what is "),
    text("still open", { type: "highlight", attrs: { color: "#fff1ad" } }),
    text(". Figures come from the "),
    text("port authority", { type: "link", attrs: { href: "https://example.org/port" } }),
    text("."),
  ),
  h(2, "What has to happen first"),
  {
    type: "taskList",
    content: [
      { type: "taskItem", attrs: { checked: true }, content: [p(text("Dredge the north basin"))] },
      { type: "taskItem", attrs: { checked: false }, content: [p(text("Agree the tide tables with the pilots"))] },
      { type: "taskItem", attrs: { checked: false }, content: [p(text("Publish the new berth plan"))] },
    ],
  },
  {
    type: "callout",
    attrs: { kind: "warning" },
    content: [
      p(text("Nothing may moor at pier 4 before the survey is signed.", { type: "bold" })),
      p(text("The bollards there were rated for vessels half the size.")),
    ],
  },
  h(2, "Numbers"),
  {
    type: "table",
    content: [
      { type: "tableRow", content: ["Berth", "Depth", "Ready"].map((words) => cell("tableHeader", words)) },
      { type: "tableRow", content: ["North 1", "11.4 m", "12 March"].map((words) => cell("tableCell", words)) },
      { type: "tableRow", content: ["North 2", "9.8 m", "2 April"].map((words) => cell("tableCell", words)) },
    ],
  },
  p(
    text("The depth a keel needs grows with speed, roughly as "),
    { type: "inlineMath", attrs: { latex: "s = \\frac{v^2}{100}\\,C_b" } },
    text(", so we slow everyone down."),
  ),
  { type: "blockMath", attrs: { latex: "\\int_0^T Q(t)\\,dt = \\sum_{i=1}^{n} A_i h_i" } },
  h(3, "Reading the gauge"),
  {
    type: "codeBlock",
    attrs: { language: "python" },
    content: [
      text(
        'def depth(gauge: float, datum: float = 0.42) -> float:\n    """Metres of water over the sill."""\n    return max(0.0, gauge - datum)  # never below the sill',
      ),
    ],
  },
  { type: "blockquote", content: [p(text("A harbour is a promise kept twice a day."))] },
  {
    type: "bulletList",
    content: [
      item(p(text("Pilots board at the outer buoy")), {
        type: "bulletList",
        content: [item(p(text("in fog, at the inner one")))],
      }),
      item(p(text("Tugs on call from 05:00"))),
    ],
  },
  {
    type: "details",
    content: [
      { type: "detailsSummary", content: [text("Who decided this?")] },
      { type: "detailsContent", content: [p(text("The harbour board, on 14 January."))] },
    ],
  },
  { type: "image", attrs: { src: "https://invalid.example/missing.png", alt: "Chart of the basin" } },
  { type: "horizontalRule" },
  p(
    text("Questions go to the "),
    text("berth desk", { type: "textStyle", attrs: { color: "#0f766e" } }),
    text(" — "),
    text("desk --berth", { type: "code" }),
    text("."),
  ),
]

/** Fills a document with one of everything, or with as many plain blocks as asked for. */
export function sample(doc: Doc, blocks: number): void {
  const many = Array.from({ length: blocks }, (_, index) =>
    index % 20 === 0
      ? h(2, `Section ${index / 20 + 1}`)
      : p(text(`Paragraph ${index}: the quick brown fox jumps over the lazy dog, again and again, until it is tired.`)),
  )
  doc.transact(() => {
    doc.getText("title").insert(0, blocks ? `${blocks} blocks` : "Reopening the north harbour")
    prosemirrorJSONToYXmlFragment(
      getSchema(documentSchema()),
      { type: "doc", content: blocks ? many : tour },
      doc.getXmlFragment("default"),
    )
  })
}
