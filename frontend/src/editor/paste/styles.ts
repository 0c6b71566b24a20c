import { INKS, MARKERS, nearestPaint } from "../schema/colors"

/** Replaces an element by its children. */
export function unwrap(element: Element): void {
  element.replaceWith(...element.childNodes)
}

/** Makes the same element under another name, with its children and none of its attributes. */
export function rename(element: Element, name: string): HTMLElement {
  const other = element.ownerDocument.createElement(name)
  other.append(...element.childNodes)
  element.replaceWith(other)
  return other
}

/** Wraps an element's children in a new one. */
function wrapInside(element: Element, name: string, attributes: Record<string, string> = {}): void {
  const wrapper = element.ownerDocument.createElement(name)
  for (const [key, value] of Object.entries(attributes)) wrapper.setAttribute(key, value)
  wrapper.append(...element.childNodes)
  element.append(wrapper)
}

/** One declaration of a style attribute as it was written: browsers drop what they don't know, such as `mso-…`. */
export function declared(element: Element, property: string): string {
  const style = element.getAttribute("style") ?? ""
  const found = new RegExp(`(?:^|;)\\s*${property}\\s*:\\s*([^;]+)`, "i").exec(style)
  return found?.[1]?.trim().toLowerCase() ?? ""
}

/**
 * Turns what other programs say by style into what a document can hold: bold, italic and the like become elements, and
 * colours the nearest of ours (black, white and greys are the other page's paper and ink, and go).
 */
export function styleToElements(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>("span[style], font, a[style]")) {
    if (!element.textContent) continue
    const weight = declared(element, "font-weight")
    const lines = `${declared(element, "text-decoration")} ${declared(element, "text-decoration-line")}`
    const color = declared(element, "color") || element.getAttribute("color") || ""
    const ground =
      declared(element, "background-color") || declared(element, "background") || declared(element, "mso-highlight")
    const isLink = element.tagName === "A" || element.querySelector("a") !== null || element.closest("a") !== null
    if (/^(bold|bolder|[6-9]00)$/.test(weight) && !element.closest("h1,h2,h3,h4,h5,h6")) wrapInside(element, "strong")
    if (declared(element, "font-style") === "italic") wrapInside(element, "em")
    if (lines.includes("line-through")) wrapInside(element, "s")
    // A link is underlined and blue by itself.
    if (lines.includes("underline") && !isLink) wrapInside(element, "u")
    const ink = isLink ? null : nearestPaint(color, INKS)
    if (ink) wrapInside(element, "span", { "data-color": ink })
    const marker = nearestPaint(ground, MARKERS)
    if (marker) wrapInside(element, "mark", { "data-color": marker })
    if (element.tagName === "A") element.removeAttribute("style")
    else unwrap(element)
  }
}

/** Drops every style but the alignment of a block, which is the only one a document keeps. */
export function keepAlignmentOnly(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>("[style]")) {
    const align = declared(element, "text-align")
    if (/^(P|H[1-6])$/.test(element.tagName) && /^(center|right|justify)$/.test(align))
      element.setAttribute("style", `text-align: ${align}`)
    else element.removeAttribute("style")
  }
}
