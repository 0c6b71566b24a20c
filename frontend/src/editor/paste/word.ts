import { declared, rename, unwrap } from "./styles"

/** Whether a clipboard's HTML was written by Microsoft Word (or Outlook, which is Word). */
export function isFromWord(html: string): boolean {
  return /class="?Mso|xmlns:w=|urn:schemas-microsoft-com:office|style=["'][^"']*mso-/i.test(html)
}

/** Takes Word's HTML apart into plain elements: lists above all, which Word writes as paragraphs with a bullet in them. */
export function cleanWord(root: HTMLElement): void {
  for (const element of root.querySelectorAll("style, xml, meta, link, title, script")) element.remove()
  for (const element of [...root.querySelectorAll("*")]) {
    // <o:p>, <v:shape>, <w:sdt> and their like.
    if (element.tagName.includes(":")) unwrap(element)
  }
  buildLists(root)
  for (const paragraph of root.querySelectorAll<HTMLElement>("p")) {
    const level = headingLevel(paragraph)
    if (level) rename(paragraph, `h${level}`)
    else if (/\bMso(Intense)?Quote/.test(paragraph.className)) wrapQuote(paragraph)
  }
  for (const anchor of root.querySelectorAll("a[name]:not([href])")) unwrap(anchor)
  for (const image of root.querySelectorAll("img")) {
    // Word offers pictures as files on the other machine.
    if (/^file:/i.test(image.getAttribute("src") ?? "")) image.remove()
  }
  for (const paragraph of root.querySelectorAll("p")) {
    // Word spaces with empty paragraphs holding a non-breaking space; ours are spaced already, and a cell may be empty.
    if (paragraph.querySelector("img") || (paragraph.textContent ?? "").replace(/[\s\u00a0]/g, "") !== "") continue
    if (paragraph.closest("td, th")) paragraph.replaceChildren()
    else paragraph.remove()
  }
}

function headingLevel(paragraph: HTMLElement): number | null {
  if (/\bMsoTitle\b/.test(paragraph.className)) return 1
  const named = /\bMsoHeading(\d)/.exec(paragraph.className)?.[1] ?? declared(paragraph, "mso-outline-level")
  const level = Number(named)
  return level >= 1 && level <= 9 ? Math.min(level, 4) : null
}

function wrapQuote(paragraph: HTMLElement): void {
  const quote = paragraph.ownerDocument.createElement("blockquote")
  paragraph.replaceWith(quote)
  quote.append(paragraph)
}

type Item = { paragraph: HTMLElement; level: number; ordered: boolean; start: number }

function buildLists(root: HTMLElement): void {
  let run: Item[] = []
  let last: Element | null = null
  const close = () => {
    if (run.length > 0) nest(run)
    run = []
  }
  for (const paragraph of [...root.querySelectorAll<HTMLElement>("p")]) {
    const item = readItem(paragraph)
    if (!item) continue
    // Only neighbours are one list: any other block between ends it.
    if (last && nextElement(last) !== paragraph) close()
    run.push(item)
    last = paragraph
  }
  close()
}

/** The next sibling, past the conditional comments Word strews about. */
function nextElement(element: Element): Element | null {
  let at: ChildNode | null = element.nextSibling
  while (at && (at.nodeType === 8 || (at.nodeType === 3 && (at.textContent ?? "").trim() === ""))) at = at.nextSibling
  return at?.nodeType === 1 ? (at as Element) : null
}

function readItem(paragraph: HTMLElement): Item | null {
  const list = declared(paragraph, "mso-list")
  const level = /level(\d+)/.exec(list)?.[1]
  if (!level && !/\bMsoListParagraph/.test(paragraph.className)) return null
  const marker = takeMarker(paragraph)
  if (!level && marker === null) return null
  const ordered = /^\(?(\d+|[a-z]{1,2}|[ivxlc]+)[.)]/i.test(marker ?? "")
  const number = Number(/\d+/.exec(marker ?? "")?.[0] ?? 1)
  return { paragraph, level: Number(level ?? 1), ordered, start: ordered ? number : 1 }
}

/** Removes the typed bullet or number and returns it. It is marked `mso-list:Ignore`, or is the first text with a tab. */
function takeMarker(paragraph: HTMLElement): string | null {
  for (const span of paragraph.querySelectorAll("span")) {
    if (declared(span, "mso-list") !== "ignore") continue
    const marker = (span.textContent ?? "").replace(/[\s\u00a0]/g, "")
    span.remove()
    return marker
  }
  const walker = paragraph.ownerDocument.createTreeWalker(paragraph, 4)
  const text = walker.nextNode()
  const found = /^\s*([·•o§\u25aa-\u25ff\uf0a7\uf0b7-]|\(?\w{1,3}[.)])[\s\u00a0]+/.exec(text?.textContent ?? "")
  if (!text || !found) return null
  text.textContent = (text.textContent ?? "").slice(found[0].length)
  return found[1] ?? null
}

function nest(items: Item[]): void {
  const first = items[0]
  if (!first) return
  const page = first.paragraph.ownerDocument
  const open: { list: HTMLElement; level: number }[] = []
  for (const { paragraph, level, ordered, start } of items) {
    while (open.length > 0 && (open.at(-1)?.level ?? 0) > level) open.pop()
    let top = open.at(-1)
    const name = ordered ? "OL" : "UL"
    if (!top || top.level < level || top.list.tagName !== name) {
      const list = page.createElement(name)
      if (ordered && start > 1) list.setAttribute("start", String(start))
      if (top && top.level === level) {
        // Numbers after bullets on one level: a list of its own, beside the other.
        top.list.after(list)
        open.pop()
      } else if (top) {
        ;(top.list.lastElementChild ?? top.list).append(list)
      } else {
        paragraph.before(list)
      }
      top = { list, level }
      open.push(top)
    }
    const item = page.createElement("li")
    top.list.append(item)
    const line = page.createElement("p")
    line.append(...paragraph.childNodes)
    item.append(line)
    paragraph.remove()
  }
}
