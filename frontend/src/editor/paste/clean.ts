import { kindOfAlert } from "../schema/callout"
import { cleanGoogleDocs, isFromGoogleDocs } from "./googleDocs"
import { keepAlignmentOnly, rename, styleToElements } from "./styles"
import { readTasks } from "./tasks"
import { cleanWord, isFromWord } from "./word"

/** ProseMirror marks what it copied itself; that is already in our terms. */
const OURS = "data-pm-slice"

/**
 * Other programs' HTML in the terms of our schema. Parsed in a document of its own, where nothing loads and no script
 * runs; what remains is read by the schema, which keeps only what it knows.
 */
export function cleanPastedHtml(html: string): string {
  if (html.includes(OURS)) return html
  // Word's conditional markers for its bullets aren't comments to a parser, and would show. Those that end in a comment's
  // own end (`<![endif]-->`, after a picture) must stay: without it the comment would swallow the rest of the page.
  const page = new DOMParser().parseFromString(html.replace(/<!\[(?:if[^\]>]*|endif)\]>/gi, ""), "text/html")
  const { body } = page
  if (isFromWord(html)) cleanWord(body)
  else if (isFromGoogleDocs(html)) cleanGoogleDocs(body)
  readTasks(body)
  readCallouts(body)
  for (const heading of body.querySelectorAll("h5, h6")) rename(heading, "h4")
  styleToElements(body)
  keepAlignmentOnly(body)
  return body.innerHTML
}

/** GitHub's alerts, and callouts in a page that we exported. */
function readCallouts(root: HTMLElement): void {
  for (const box of root.querySelectorAll<HTMLElement>("div[class*='markdown-alert-'], div[class*='callout-']")) {
    const kind = kindOfAlert(/\b(?:markdown-alert|callout)-(\w+)/.exec(box.className)?.[1] ?? "")
    if (!kind) continue
    box.dataset.type = "callout"
    box.dataset.kind = kind
    box.querySelector(":scope > .markdown-alert-title")?.remove()
  }
}
