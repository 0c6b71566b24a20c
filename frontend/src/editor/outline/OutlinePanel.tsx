import type { Editor } from "@tiptap/core"
import { useEffect, useState } from "react"
import { reveal, scrollerOf } from "../reveal"
import { useOutline } from "./hooks"
import type { Heading } from "./text"
import "./outline.css"

/** The document's headings as a way around it; the one being read is marked. */
export function OutlinePanel({ editor, onJump }: { editor: Editor; onJump?: () => void }) {
  const headings = useOutline(editor)
  const current = useHeadingInView(editor, headings)
  const top = Math.min(...headings.map((heading) => heading.level))

  const jump = (heading: Heading) => {
    reveal(editor, heading.pos + 1, { always: true })
    if (editor.isEditable)
      editor
        .chain()
        .setTextSelection(heading.pos + 1)
        .focus(undefined, { scrollIntoView: false })
        .run()
    onJump?.()
  }

  return (
    <nav className="weft-outline" aria-label="Outline">
      {headings.length === 0 ? (
        <p className="weft-outline-none">Headings you write appear here.</p>
      ) : (
        <ol>
          {headings.map((heading, index) => (
            <li key={index} style={{ paddingInlineStart: `${(heading.level - top) * 0.85}rem` }}>
              <button
                type="button"
                aria-current={index === current ? "location" : undefined}
                onClick={() => jump(heading)}
              >
                <span>{heading.text || "Untitled heading"}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </nav>
  )
}

/** The last heading at or above the upper part of the viewport. */
function useHeadingInView(editor: Editor, headings: Heading[]): number {
  const [current, setCurrent] = useState(0)
  useEffect(() => {
    if (editor.isDestroyed) return
    const scroller = scrollerOf(editor.view.dom)
    const target = scroller === document.scrollingElement ? window : scroller
    let frame = 0
    const look = () => {
      frame = 0
      if (editor.isDestroyed) return
      const top = target === window ? 0 : scroller.getBoundingClientRect().top
      const { left, width } = editor.view.dom.getBoundingClientRect()
      const seen = editor.view.posAtCoords({ left: left + width / 2, top: top + 140 })
      const at = seen ? headings.findLastIndex((heading) => heading.pos <= seen.pos) : 0
      setCurrent(Math.max(0, at))
    }
    const onScroll = () => {
      frame ||= requestAnimationFrame(look)
    }
    look()
    target.addEventListener("scroll", onScroll, { passive: true })
    return () => {
      cancelAnimationFrame(frame)
      target.removeEventListener("scroll", onScroll)
    }
  }, [editor, headings])
  return current
}
