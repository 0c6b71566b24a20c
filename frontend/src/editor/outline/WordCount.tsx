import type { Editor } from "@tiptap/core"
import { useEditorState } from "@tiptap/react"
import { useWordCount } from "./hooks"
import { countWords } from "./text"

const written = (count: number) => count.toLocaleString()

/** How long the document is, and how long what is selected in it. */
export function WordCount({ editor }: { editor: Editor }) {
  const all = useWordCount(editor)
  const selected = useEditorState({ editor, selector: ({ editor }) => selectedWords(editor) })
  const words = all === 1 ? "word" : "words"
  return <>{selected > 0 ? `${written(selected)} of ${written(all)} ${words} selected` : `${written(all)} ${words}`}</>
}

function selectedWords({ state: { doc, selection } }: Editor): number {
  const counts = selection.ranges.map(({ $from, $to }) => countWords(doc.textBetween($from.pos, $to.pos, "\n", "\n")))
  return counts.reduce((sum, count) => sum + count, 0)
}
