import { mergeAttributes } from "@tiptap/core"
import { Highlight } from "@tiptap/extension-highlight"
import { isAllowedUri, Link } from "@tiptap/extension-link"
import { TextStyle } from "@tiptap/extension-text-style"
import { drawnColor, INKS, isHexColor, MARKERS } from "./colors"

/** The protocols a link may open. Not Tiptap's longer list: nobody expects a document to reach `sms:` or `cid:`. */
const LINK_PROTOCOL = /^(https?:|mailto:|tel:)/i
const LINK_TO_US = /^[/#?]/

/** Whether a link may be stored and followed; `javascript:` and its disguises never may. */
export function isSafeLink(href: unknown): href is string {
  if (typeof href !== "string" || !isAllowedUri(href)) return false
  const text = href.trim()
  return LINK_PROTOCOL.test(text) || LINK_TO_US.test(text)
}

/** What a person typed into a link field, as an address: bare domains get https, addresses with @ get mailto. */
export function toAddress(typed: string): string | null {
  const text = typed.trim()
  if (text === "") return null
  if (isSafeLink(text)) return text
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return `mailto:${text}`
  if (/^[\w-]+(\.[\w-]+)+([/?#:].*)?$/.test(text)) return `https://${text}`
  return null
}

/** A link stores its address and nothing else: where it opens and what it may learn of us is decided at drawing. */
export const WeftLink = Link.extend({
  // With autolink Tiptap lets links grow: whatever was typed behind a pasted address became part of it.
  inclusive: false,
  addAttributes() {
    return { href: { default: null, parseHTML: (element: HTMLElement) => element.getAttribute("href") } }
  },
  renderHTML({ HTMLAttributes }) {
    const { href } = HTMLAttributes as { href?: unknown }
    // An unsafe address from a hostile peer is drawn as plain text, not as a link to nowhere.
    if (!isSafeLink(href)) return ["span", {}, 0]
    return ["a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, 0]
  },
}).configure({
  // Whoever reads follows a link as in any page. Tiptap's `whenNotEditable` means always by now, and by `window.open`,
  // which hands the other page ours.
  openOnClick: false,
  autolink: true,
  linkOnPaste: true,
  markdownLinks: true,
  defaultProtocol: "https",
  isAllowedUri: (url) => isSafeLink(toAddress(url)),
})

export const WeftHighlight = Highlight.extend({
  addAttributes() {
    return {
      color: {
        default: null,
        parseHTML: (element: HTMLElement) => hexOrNull(element.getAttribute("data-color")),
        renderHTML: ({ color }: Record<string, unknown>) => {
          const drawn = drawnColor(color, MARKERS)
          return drawn ? { "data-color": color, style: `background-color: ${drawn}` } : {}
        },
      },
    }
  },
}).configure({ multicolor: true })

/** Text colour, and only that: sizes and faces belong to the document's design, not to single words. */
export const WeftTextStyle = TextStyle.extend({
  addAttributes() {
    return {
      color: {
        default: null,
        parseHTML: (element: HTMLElement) => hexOrNull(element.getAttribute("data-color")),
        renderHTML: ({ color }: Record<string, unknown>) => {
          const drawn = drawnColor(color, INKS)
          return drawn ? { "data-color": color, style: `color: ${drawn}` } : {}
        },
      },
    }
  },
  parseHTML() {
    return [{ tag: "span[data-color]", consuming: false }]
  },
  renderHTML({ HTMLAttributes }) {
    return ["span", mergeAttributes(HTMLAttributes), 0]
  },
})

function hexOrNull(value: string | null): string | null {
  return isHexColor(value) ? value : null
}
