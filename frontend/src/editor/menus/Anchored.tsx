import { autoUpdate, flip, offset, type Placement, shift, size, useFloating } from "@floating-ui/react"
import { Portal } from "@mantine/core"
import type { Editor } from "@tiptap/core"
import { type HTMLAttributes, type ReactNode, type Ref, useEffect, useRef } from "react"

type Props = Omit<HTMLAttributes<HTMLDivElement>, "style"> & {
  editor: Editor
  /** Where in the viewport it belongs; asked again whenever the page moves. */
  at: () => DOMRect | null
  placement?: Placement
  gap?: number
  /** The most height to take; it scrolls within. */
  tallest?: number
  children: ReactNode
  ref?: Ref<HTMLDivElement>
}

/** A surface beside a place in the text, kept in view while the page scrolls or others write above. */
export function Anchored({ editor, at, placement = "bottom-start", gap = 8, tallest, children, ref, ...rest }: Props) {
  const { refs, floatingStyles, update } = useFloating({
    placement,
    strategy: "fixed",
    middleware: [
      offset(gap),
      flip(() => ({ padding: room() })),
      shift({ padding: 8 }),
      size(() => ({
        padding: room(),
        apply: ({ availableHeight, elements }) => {
          if (tallest) elements.floating.style.maxHeight = `${Math.max(160, Math.min(tallest, availableHeight))}px`
        },
      })),
    ],
    whileElementsMounted: autoUpdate,
  })

  const place = useRef(at)
  place.current = at
  useEffect(() => {
    refs.setPositionReference({
      getBoundingClientRect: () => place.current() ?? new DOMRect(),
      contextElement: editor.view.dom,
    })
    // Coalesced: many transactions may come before the next picture is drawn.
    let frame = 0
    const follow = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0
        update()
      })
    }
    editor.on("transaction", follow)
    return () => {
      cancelAnimationFrame(frame)
      editor.off("transaction", follow)
    }
  }, [editor, refs, update])

  return (
    <Portal>
      <div
        ref={(node) => {
          refs.setFloating(node)
          if (typeof ref === "function") ref(node)
          else if (ref) ref.current = node
        }}
        style={{ ...floatingStyles, zIndex: 300 }}
        {...rest}
      >
        {children}
      </div>
    </Portal>
  )
}

/** What to keep clear of at the viewport's edges: on a phone the toolbar lies along the lower one. */
function room() {
  return { top: 12, left: 12, right: 12, bottom: matchMedia("(max-width: 48rem)").matches ? 64 : 12 }
}

/** The selection's place in the viewport. */
export function selectionRect(editor: Editor): DOMRect | null {
  if (editor.isDestroyed) return null
  const { from, to } = editor.state.selection
  return rangeRect(editor, from, to)
}

/** A stretch of text's place in the viewport, wherever its ends are. */
export function rangeRect(editor: Editor, from: number, to: number): DOMRect | null {
  if (editor.isDestroyed) return null
  const size = editor.state.doc.content.size
  const start = editor.view.coordsAtPos(Math.min(from, size), 1)
  const end = editor.view.coordsAtPos(Math.min(to, size), -1)
  const left = Math.min(start.left, end.left)
  const right =
    start.top === end.top
      ? Math.max(start.right, end.right)
      : Math.max(left, editor.view.dom.getBoundingClientRect().right - 40)
  return new DOMRect(left, start.top, Math.max(0, right - left), Math.max(0, end.bottom - start.top))
}

/** A node's place in the viewport. */
export function nodeRect(editor: Editor, pos: number): DOMRect | null {
  const dom = editor.isDestroyed ? null : editor.view.nodeDOM(pos)
  return dom instanceof Element ? dom.getBoundingClientRect() : null
}
