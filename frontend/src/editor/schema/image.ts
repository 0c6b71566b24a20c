import { Image } from "@tiptap/extension-image"
import type { NodeViewRendererProps } from "@tiptap/core"
import type { Node as PmNode } from "@tiptap/pm/model"

/** How wide a picture may be set, in percent of the column. */
export const IMAGE_WIDTHS = [25, 50, 75, 100] as const

/** Whether a picture may be loaded from there: the web, ourselves, or bytes carried in the address. */
export function isSafeImage(src: unknown): src is string {
  return typeof src === "string" && /^(https?:\/\/|\/(?!\/)|data:image\/(png|jpe?g|gif|webp|avif);)/i.test(src.trim())
}

/** A picture by its address. One that can't be loaded says so, and keeps its description readable. */
export const WeftImage = Image.extend({
  addAttributes() {
    return {
      src: { default: null },
      alt: { default: null },
      title: { default: null },
      width: {
        default: null,
        parseHTML: (element: HTMLElement) => percent(element.getAttribute("data-width")),
        renderHTML: ({ width }: Record<string, unknown>) => (percent(width) ? { "data-width": width } : {}),
      },
    }
  },
  addNodeView() {
    return imageView
  },
})

function percent(value: unknown): number | null {
  const number = Number(value)
  return Number.isFinite(number) && number >= 5 && number <= 100 ? Math.round(number) : null
}

function imageView({ node }: NodeViewRendererProps) {
  const dom = document.createElement("figure")
  dom.className = "weft-image"
  const picture = dom.appendChild(document.createElement("img"))
  picture.decoding = "async"
  picture.referrerPolicy = "no-referrer"
  const broken = dom.appendChild(document.createElement("figcaption"))
  picture.addEventListener("load", () => {
    dom.dataset.state = "shown"
  })
  picture.addEventListener("error", () => {
    dom.dataset.state = "broken"
  })

  const show = (current: PmNode) => {
    const { src, alt, title } = current.attrs as Record<string, string | null>
    const width = percent(current.attrs.width)
    dom.style.width = width ? `${width}%` : ""
    picture.alt = alt ?? ""
    picture.title = title ?? ""
    broken.textContent = alt ? `Picture not available: ${alt}` : "Picture not available"
    if (!isSafeImage(src)) {
      picture.removeAttribute("src")
      dom.dataset.state = "broken"
    } else if (picture.getAttribute("src") !== src) {
      dom.dataset.state = "loading"
      picture.src = src
    }
  }
  show(node)

  return {
    dom,
    update: (next: PmNode) => {
      if (next.type !== node.type) return false
      show(next)
      return true
    },
    selectNode: () => dom.classList.add("is-selected"),
    deselectNode: () => dom.classList.remove("is-selected"),
    ignoreMutation: () => true,
  }
}
