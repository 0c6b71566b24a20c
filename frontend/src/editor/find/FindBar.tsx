import type { Editor } from "@tiptap/core"
import { IconChevronDown, IconChevronUp, IconLetterCase, IconReplace, IconX } from "@tabler/icons-react"
import { useEditorState } from "@tiptap/react"
import { type KeyboardEvent, useEffect, useRef, useState } from "react"
import { closePanel } from "../panels"
import { Tool } from "../menus/Tool"
import { useStore } from "../store"
import { find, foundIn, replaceAll, replaceCurrent, step, stopFinding } from "./find"
import { MOST_MATCHES } from "./matches"
import "./find.css"

/** Find, and replace, in the document. Part of `DocumentEditor`; opened by Ctrl/Cmd+F or `openFind`. */
export function FindBar({ editor }: { editor: Editor }) {
  const panel = useStore(editor.storage.panels.store)
  return panel.kind === "find" ? <OpenFindBar editor={editor} /> : null
}

function OpenFindBar({ editor }: { editor: Editor }) {
  const [words, setWords] = useState(() => selectedWords(editor))
  const [matchCase, setMatchCase] = useState(false)
  const [replacing, setReplacing] = useState(false)
  const [replacement, setReplacement] = useState("")
  const input = useRef<HTMLInputElement>(null)
  const { count, current } = useEditorState({
    editor,
    selector: ({ editor }) => {
      const found = foundIn(editor.state)
      return { count: found.matches.length, current: found.current }
    },
  })

  useEffect(() => {
    input.current?.focus()
    input.current?.select()
    return () => {
      if (!editor.isDestroyed) stopFinding(editor)
    }
  }, [editor])
  useEffect(() => find(editor, { words, matchCase }), [editor, words, matchCase])

  const close = () => {
    closePanel(editor, "find")
    editor.commands.focus(undefined, { scrollIntoView: false })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === "Escape") {
      event.preventDefault()
      close()
    } else if (event.key === "Enter" && event.target === input.current) {
      event.preventDefault()
      step(editor, event.shiftKey ? -1 : 1)
    } else if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
      event.preventDefault()
      replaceCurrent(editor, replacement)
    }
  }
  /** With nothing left to find the buttons are disabled, and would take the keyboard along. */
  const keepKeyboard = () => input.current?.focus()
  const tally =
    words === "" ? "" : count === 0 ? "None" : `${current + 1} of ${count}${count >= MOST_MATCHES ? "+" : ""}`

  return (
    <div className="weft-find" role="search" aria-label="Find in document" onKeyDown={onKeyDown}>
      <div className="weft-find-row">
        <input
          ref={input}
          type="text"
          aria-label="Find"
          placeholder="Find"
          spellCheck={false}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <span className="weft-find-count" role="status">
          {tally}
        </span>
        <Tool
          icon={IconChevronUp}
          label="Previous"
          keys="Shift-Enter"
          disabled={count === 0}
          onPress={() => step(editor, -1)}
        />
        <Tool icon={IconChevronDown} label="Next" keys="Enter" disabled={count === 0} onPress={() => step(editor, 1)} />
        <Tool icon={IconLetterCase} label="Match case" active={matchCase} onPress={() => setMatchCase((on) => !on)} />
        {editor.isEditable && (
          <Tool icon={IconReplace} label="Replace" active={replacing} onPress={() => setReplacing((on) => !on)} />
        )}
        <Tool icon={IconX} label="Close" keys="Esc" onPress={close} />
      </div>
      {replacing && (
        <div className="weft-find-row">
          <input
            type="text"
            aria-label="Replace with"
            placeholder="Replace with"
            value={replacement}
            onChange={(event) => setReplacement(event.currentTarget.value)}
          />
          <button
            type="button"
            className="weft-tool"
            disabled={count === 0}
            onClick={() => {
              replaceCurrent(editor, replacement)
              if (count === 1) keepKeyboard()
            }}
          >
            Replace
          </button>
          <button
            type="button"
            className="weft-tool"
            disabled={count === 0}
            onClick={() => {
              replaceAll(editor, replacement)
              keepKeyboard()
            }}
          >
            All
          </button>
        </div>
      )}
    </div>
  )
}

/** A short selection is most likely what one wants to look for. */
function selectedWords(editor: Editor): string {
  const { selection, doc } = editor.state
  const text = doc.textBetween(selection.from, Math.min(selection.to, selection.from + 200), "\n")
  return text.length < 100 && !text.includes("\n") ? text : ""
}
