import type { Editor } from "@tiptap/core"
import type { Node as PmNode } from "@tiptap/pm/model"
import { useEffect, useState } from "react"
import { type Heading, headingsIn, wordCount } from "./text"

/** How long after the last keystroke derived things are shown anew. */
const SETTLED = 250

/** Something read from the document, kept current but never in the way of typing. */
function useDerived<T>(editor: Editor, read: (doc: PmNode) => T, same: (a: T, b: T) => boolean): T {
  const [value, setValue] = useState(() => read(editor.state.doc))
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const refresh = () => {
      timer = undefined
      setValue((before) => {
        const next = read(editor.state.doc)
        return same(before, next) ? before : next
      })
    }
    const onUpdate = () => {
      timer ??= setTimeout(refresh, SETTLED)
    }
    refresh()
    editor.on("update", onUpdate)
    return () => {
      clearTimeout(timer)
      editor.off("update", onUpdate)
    }
  }, [editor, read, same])
  return value
}

const sameHeadings = (a: Heading[], b: Heading[]) =>
  a.length === b.length &&
  a.every((heading, i) => heading.pos === b[i]?.pos && heading.text === b[i]?.text && heading.level === b[i]?.level)

/** The document's headings, current to a quarter of a second. */
export function useOutline(editor: Editor): Heading[] {
  return useDerived(editor, headingsIn, sameHeadings)
}

export function useWordCount(editor: Editor): number {
  return useDerived(editor, wordCount, Object.is)
}
