import { Slice } from "@tiptap/pm/model"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { block, type Desk, h, openDesk, p, plain } from "../testing"
import { cleanPastedHtml } from "./clean"
import { looksLikeMarkdown, markdownSlice, toMarkdown } from "./markdown"
import { documentText, plainText } from "./plainText"

let desk: Desk
beforeEach(() => {
  desk = openDesk()
})
afterEach(() => desk.close())

/** What the document holds after pasting HTML into an empty one. */
function pasted(html: string) {
  desk.editor.view.pasteHTML(html)
  return plain(desk.editor.getJSON()).content
}

const bold = (text: string) => ({ type: "text", text, marks: [{ type: "bold" }] })
const li = (...content: object[]) => block("listItem", {}, ...content)

const WORD = (
  body: string,
) => `<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word">
<head><meta name=Generator content="Microsoft Word 15"><style><!-- p.MsoNormal {mso-style-unhide:no; font-family:"Calibri"} --></style></head>
<body lang=EN-GB style='tab-interval:36.0pt'><!--StartFragment-->${body}<!--EndFragment--></body></html>`
const wordItem = (level: number, marker: string, text: string, place = "Middle") =>
  `<p class=MsoListParagraphCxSp${place} style='margin-left:${level * 36}pt;text-indent:-18.0pt;mso-list:l0 level${level} lfo1'><![if !supportLists]><span style='font-family:Symbol;mso-fareast-font-family:Symbol'><span style='mso-list:Ignore'>${marker}<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>${text}<o:p></o:p></p>`

describe("from Word", () => {
  test("paragraphs, headings and styles come as themselves", () => {
    const html = WORD(`<p class=MsoTitle>The plan<o:p></o:p></p><h2>Aims<o:p></o:p></h2>
      <p class=MsoNormal><b>Bold</b> and <span style='font-weight:bold;font-style:italic'>both</span>, <span style='color:red'>red</span>, <span style='background:yellow;mso-highlight:yellow'>marked</span>, <span style='color:windowtext'>plain</span>.<o:p></o:p></p>
      <p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal align=center style='text-align:center'>Middle</p><p class=MsoQuote>Said so</p>`)
    expect(pasted(html)).toEqual([
      h(1, "The plan"),
      h(2, "Aims"),
      p(
        bold("Bold"),
        " and ",
        { type: "text", text: "both", marks: [{ type: "bold" }, { type: "italic" }] },
        ", ",
        { type: "text", text: "red", marks: [{ type: "textStyle", attrs: { color: "#b42318" } }] },
        ", ",
        { type: "text", text: "marked", marks: [{ type: "highlight", attrs: { color: "#fff1ad" } }] },
        ", plain.",
      ),
      block("paragraph", { textAlign: "center" }, "Middle"),
      block("blockquote", {}, p("Said so")),
    ])
  })

  test("list paragraphs become nested lists, bullets and numbers kept apart", () => {
    const html = WORD(
      wordItem(1, "·", "One", "First") +
        wordItem(2, "o", "Inner") +
        wordItem(2, "o", "Inner two") +
        wordItem(1, "·", "Two", "Last") +
        "<p class=MsoNormal>Between</p>" +
        wordItem(1, "3.", "Third") +
        wordItem(1, "4.", "Fourth"),
    )
    expect(pasted(html)).toEqual([
      block("bulletList", {}, li(p("One"), block("bulletList", {}, li(p("Inner")), li(p("Inner two")))), li(p("Two"))),
      p("Between"),
      block("orderedList", { start: 3 }, li(p("Third")), li(p("Fourth"))),
    ])
  })

  test("tables keep their cells, and pictures on the other machine are left there", () => {
    const html = WORD(
      `<table class=MsoTableGrid border=1><tr><td colspan=2 valign=top><p class=MsoNormal>Wide<o:p></o:p></p></td></tr><tr><td><p class=MsoNormal>a</p></td><td><p class=MsoNormal>b</p></td></tr></table><p class=MsoNormal><img width=9 src="file:///C:/Temp/clip_image001.png"></p>`,
    )
    const content = pasted(html)
    expect(content?.[0]).toMatchObject({
      type: "table",
      content: [{ content: [{ attrs: { colspan: 2 } }] }, { content: [{}, {}] }],
    })
    expect(JSON.stringify(content)).not.toContain("file:")
  })
})

test("an empty cell of Word's is empty", () => {
  const content = pasted(WORD("<table><tr><td><p class=MsoNormal><o:p>&nbsp;</o:p></p></td><td><p>b</p></td></tr></table>"))
  expect(content?.[0]?.content?.[0]?.content?.map((cell) => cell.content)).toEqual([[p()], [p("b")]])
})

test("what stands after a picture in Word arrives too", () => {
  const picture = `<p class=MsoNormal><!--[if gte vml 1]><v:shape id="Pic"><v:imagedata src="file:///C:/clip.png"/></v:shape><![endif]--><![if !vml]><img src="file:///C:/clip.png"><![endif]><o:p></o:p></p>`
  expect(pasted(WORD(`<p class=MsoNormal>Before</p>${picture}<p class=MsoNormal>After</p>`))).toEqual([
    p("Before"),
    p("After"),
  ])
})

const DOCS = (body: string) =>
  `<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1a2b3c">${body}</b><br class="Apple-interchange-newline">`
const run = (text: string, style = "") =>
  `<span style="font-size:11pt;font-family:Arial,sans-serif;color:#000000;background-color:transparent;font-weight:400;font-style:normal;text-decoration:none;vertical-align:baseline;white-space:pre-wrap;${style}">${text}</span>`

describe("from Google Docs", () => {
  test("the bold wrapper makes nothing bold, and styles make what they say", () => {
    const html = DOCS(
      `<h1 dir="ltr" style="line-height:1.38">${run("Aims", "font-weight:700")}</h1><p dir="ltr">${run("Plain, ")}${`<span style="font-weight:700;white-space:pre-wrap">bold</span>`}${run(", ")}<span style="text-decoration:line-through">gone</span>${run(" and ")}<a href="https://www.google.com/url?q=https://example.org/a%3Fb&amp;sa=D" style="text-decoration:none"><span style="color:#1155cc;text-decoration:underline">a link</span></a></p><br><p dir="ltr">${run("Next")}</p>`,
    )
    expect(pasted(html)).toEqual([
      h(1, "Aims"),
      p("Plain, ", bold("bold"), ", ", { type: "text", text: "gone", marks: [{ type: "strike" }] }, " and ", {
        type: "text",
        text: "a link",
        marks: [{ type: "link", attrs: { href: "https://example.org/a?b" } }],
      }),
      p("Next"),
    ])
  })

  test("lists beside their items are put inside them, and checklists are tasks", () => {
    const item = (text: string) => `<li dir="ltr" aria-level="1"><p dir="ltr" role="presentation">${run(text)}</p></li>`
    const html = DOCS(
      `<ul>${item("One")}<ul>${item("Inner")}</ul>${item("Two")}</ul><ul><li role="checkbox" aria-checked="true"><img src="data:image/png;base64,AA" alt="checked"><p>${run("Done", "text-decoration:line-through")}</p></li><li role="checkbox" aria-checked="false"><img src="data:image/png;base64,AA"><p>${run("To do")}</p></li></ul>`,
    )
    expect(pasted(html)).toEqual([
      block("bulletList", {}, li(p("One"), block("bulletList", {}, li(p("Inner")))), li(p("Two"))),
      block(
        "taskList",
        {},
        block("taskItem", { checked: true }, p("Done")),
        block("taskItem", { checked: false }, p("To do")),
      ),
    ])
  })
})

test("GitHub's tasks and alerts are ours", () => {
  const box = '<input type="checkbox" disabled class="task-list-item-checkbox"'
  const html = `<ul class="contains-task-list"><li class="task-list-item">${box} checked=""><span> </span>done</li><li>${box}> to do<ul><li>${box}> inner</li></ul></li></ul><ul><li>${box}> mixed</li><li>plain</li></ul><div class="markdown-alert markdown-alert-tip"><p class="markdown-alert-title"><svg></svg>Tip</p><p>Mind</p></div>`
  expect(pasted(html)).toEqual([
    block(
      "taskList",
      {},
      block("taskItem", { checked: true }, p("done")),
      block(
        "taskItem",
        { checked: false },
        p("to do"),
        block("taskList", {}, block("taskItem", { checked: false }, p("inner"))),
      ),
    ),
    block("bulletList", {}, li(p("mixed")), li(p("plain"))),
    block("callout", { kind: "success" }, p("Mind")),
  ])
})

test("Notion's tasks are typed", () => {
  expect(pasted("<ul><li>[ ]  to do</li><li>[x]  done</li></ul><ul><li>[1] a note</li></ul>")).toEqual([
    block(
      "taskList",
      {},
      block("taskItem", { checked: false }, p("to do")),
      block("taskItem", { checked: true }, p("done")),
    ),
    block("bulletList", {}, li(p("[1] a note"))),
  ])
})

test("any page's deeper headings become ours, and its scripts nothing", () => {
  expect(pasted(`<h6>Small</h6><p onclick="x()">a<script>alert(1)</script><style>p{}</style></p>`)).toEqual([
    h(4, "Small"),
    p("a"),
  ])
})

test("what was copied here is pasted as it was", () => {
  const html = '<p data-pm-slice="1 1 []"><span style="color: red">x</span></p>'
  expect(cleanPastedHtml(html)).toBe(html)
})

/** Pastes as a browser does: `pasteText` of the view is Ctrl+Shift+V, for the text as it stands. */
function pasteText(text: string) {
  const clipboardData = { types: ["text/plain"], files: [], getData: (type: string) => (/plain/.test(type) ? text : "") }
  const event = new Event("paste", { bubbles: true, cancelable: true })
  desk.editor.view.dom.dispatchEvent(Object.assign(event, { clipboardData }))
  return plain(desk.editor.getJSON()).content
}

describe("plain text", () => {
  test.each([
    "area = x * 2 * y",
    "1. Januar war kalt",
    "A. Smith wrote it",
    "- just a dash",
  ])("keeps its signs when they aren't Markdown: %s", (text) => {
    expect(pasteText(text)).toEqual([p(text)])
  })

  test("becomes a link where it is an address", () => {
    const href = "https://example.org/a_b_c"
    expect(pasteText(href)).toEqual([p({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] })])
  })
})

describe("from Markdown", () => {
  test("is recognised by its blocks and marks, and not by a stray sign", () => {
    for (const yes of [
      "# Title",
      "- a\n- b",
      "1. a\n2. b",
      "- [ ] task",
      "> said",
      "```\nx\n```",
      "a **b** c",
      "[a](https://b.example)",
      "run `ls`",
      "| a | b |\n|---|---|\n| 1 | 2 |",
      "1. a\n   more\n\n       code\n2. b",
      "- a\n    - b\n      more of it\n",
      "To do:\n\n```yaml\na:\n  b: c\n```\n",
    ]) {
      expect(looksLikeMarkdown(yes), yes).toBe(true)
    }
    for (const no of [
      "Hello",
      "- just a dash",
      "2 * 3 * 4",
      "snake_case_name",
      "#hashtag",
      "a > b",
      "[1] a note",
      "5) or so",
      "https://a.example/_b_",
      "Total: 5\n$$\n",
      "def f(x):\n    return x\n\n# then\nf(1)\n",
      "$ ls\n# apt install x\n",
      "- name: x\n  run: y\n- name: z\n  run: a\n",
      "all:\n\tmake **x**\n",
    ]) {
      expect(looksLikeMarkdown(no), no).toBe(false)
    }
  })

  const source = `# Plan

Some **bold**, *italic*, ~~gone~~, \`code\`, ==marked== and [a link](https://example.org/).

- one
  - inner
- two

3. third
4. fourth

- [x] done
- [ ] not yet

> said

> [!WARNING]
> Mind the gap

\`\`\`python
print(1)
\`\`\`

| a | b |
| --- | --- |
| 1 | 2 |

Inline $x^2$ here, and $5 or $6.

$$
\\sum_i x_i
$$

---

![A chart](https://example.org/a.png)`

  test("becomes the blocks it stands for", () => {
    const slice = markdownSlice(desk.editor, source)
    expect(slice).toBeInstanceOf(Slice)
    desk.editor.view.dispatch(desk.editor.state.tr.replaceSelection(slice as Slice))
    const names = desk.editor.state.doc.content.content.map((node) => node.type.name)
    expect(names).toEqual(
      "heading paragraph bulletList orderedList taskList blockquote callout codeBlock table paragraph blockMath horizontalRule image".split(
        " ",
      ),
    )
    const json = JSON.stringify(desk.editor.getJSON())
    expect(json).toContain('"kind":"warning"')
    expect(json).toContain('"latex":"x^2"')
    expect(json).toContain("$5 or $6")
    expect(json).toContain('"start":3')
    for (const mark of ["bold", "italic", "strike", "code", "highlight", "link"])
      expect(json).toContain(`"type":"${mark}"`)
  })

  test("survives the way out and in again", () => {
    desk.editor.view.dispatch(desk.editor.state.tr.replaceSelection(markdownSlice(desk.editor, source) as Slice))
    const before = plain(desk.editor.getJSON())
    desk.editor.commands.setContent(desk.editor.storage.markdown.manager.parse(toMarkdown(desk.editor)))
    expect(plain(desk.editor.getJSON())).toEqual(before)
  })

  test("lines of one paragraph are one line", () => {
    const slice = markdownSlice(desk.editor, "# A\n\nSome **bold**\ntext, `co\nde`\n\n- one\n  more\n\n```\na\nb\n```\n")
    const code = { type: "text", text: "co de", marks: [{ type: "code" }] }
    expect(plain(slice?.content.toJSON())).toEqual([
      h(1, "A"),
      p("Some ", bold("bold"), " text, ", code),
      block("bulletList", {}, li(p("one more"))),
      block("codeBlock", {}, "a\nb"),
    ])
  })

  test("a toggle holds what stands between its tags, other toggles too", () => {
    const details = (summary: string, inner: string) => `<details>\n<summary>${summary}</summary>\n\n${inner}\n\n</details>`
    const source = `${details("More &lt;b&gt; &amp; so", `Inside **bold**\n\n- a\n\n${details("", "deep")}`)}\n\nAfter`
    const toggle = (summary: (string | object)[], ...content: object[]) =>
      block("details", {}, block("detailsSummary", {}, ...(summary as string[])), block("detailsContent", {}, ...content))
    const slice = markdownSlice(desk.editor, source)
    expect(plain(slice?.content.toJSON())).toEqual([
      toggle(
        ["More <b> & so"],
        p("Inside ", bold("bold")),
        block("bulletList", {}, li(p("a"))),
        toggle([], p("deep")),
      ),
      p("After"),
    ])
    desk.editor.view.dispatch(desk.editor.state.tr.replaceSelection(slice as Slice))
    const before = plain(desk.editor.getJSON())
    desk.editor.commands.setContent(desk.editor.storage.markdown.manager.parse(toMarkdown(desk.editor)))
    expect(plain(desk.editor.getJSON())).toEqual(before)
  })

  test("code in a numbered list keeps its indentation", () => {
    const slice = markdownSlice(desk.editor, "1. one\n   ```js\n   if (x)\n     y()\n   ```\n2. two\n   - inner\n")
    expect(plain(slice?.content.toJSON())).toEqual([
      block(
        "orderedList",
        { start: 1 },
        li(p("one"), block("codeBlock", { language: "js" }, "if (x)\n  y()")),
        li(p("two"), block("bulletList", {}, li(p("inner")))),
      ),
    ])
  })

  test("joins the line it is pasted into when it's one paragraph", () => {
    desk.editor.commands.setContent(p("before  after"))
    desk.editor.commands.setTextSelection(8)
    expect(pasteText("**and**")).toEqual([p("before ", bold("and"), " after")])
  })
})

describe("as plain text", () => {
  const cell = (words: string) => block("tableCell", {}, p(words))
  const content = block(
    "doc",
    {},
    h(1, "Plan"),
    p("Some ", bold("bold"), " words", block("hardBreak"), "and a line."),
    block("bulletList", {}, li(p("one"), block("orderedList", { start: 3 }, li(p("inner")), li(p("more")))), li(p("two"))),
    block("taskList", {}, block("taskItem", { checked: true }, p("done")), block("taskItem", { checked: false }, p("open"))),
    block("callout", {}, p("Mind"), p("the gap")),
    block("table", {}, block("tableRow", {}, cell("a"), cell("b")), block("tableRow", {}, cell("1"), cell("2"))),
    block("codeBlock", {}, "if x:\n  y"),
    block("blockMath", { latex: "x^2" }),
  )
  const text = `Plan

Some bold words
and a line.

- one
  3. inner
  4. more
- two

[x] done
[ ] open

Mind

the gap

a\tb
1\t2

if x:
  y

$$x^2$$`

  test("a document is its blocks, each list and table in one piece", () => {
    desk.editor.commands.setContent(content)
    expect(documentText(desk.editor.state.doc)).toBe(text)
    desk.editor.commands.selectAll()
    expect(desk.editor.view.serializeForClipboard(desk.editor.state.selection.content()).text).toBe(text)
  })

  test("words out of an item or a cell are words, and several items are items", () => {
    desk.editor.commands.setContent(content)
    const copied = (from: string, to = from) => {
      let start = 0
      let end = 0
      desk.editor.state.doc.descendants((node, pos) => {
        if (node.text === from && start === 0) start = pos
        if (node.text === to) end = pos + to.length
      })
      desk.editor.commands.setTextSelection({ from: start, to: end })
      return plainText(desk.editor.state.selection.content())
    }
    expect(copied("inner")).toBe("inner")
    expect(copied("inner", "more")).toBe("3. inner\n4. more")
    expect(copied("2")).toBe("2")
  })
})

describe("code that is pasted amid words", () => {
  test("stays code if it has lines", () => {
    desk.editor.commands.setContent(block("doc", {}, p("before after")))
    desk.editor.commands.setTextSelection(8)
    expect(pasted("<pre><code>one\ntwo</code></pre>")).toEqual([p("before "), block("codeBlock", {}, "one\ntwo"), p("after")])
  })

  test("is part of the sentence if it has none, and part of the code in code", () => {
    desk.editor.commands.setContent(block("doc", {}, p("before after"), block("codeBlock", {}, "x")))
    desk.editor.commands.setTextSelection(8)
    pasted("<pre><code>one</code></pre>")
    desk.editor.commands.setTextSelection(desk.editor.state.doc.content.size - 1)
    expect(pasted("<pre><code>one\ntwo</code></pre>")).toEqual([p("before oneafter"), block("codeBlock", {}, "xone\ntwo")])
  })
})
