import { type KeyboardEvent, useEffect, useRef, useState } from "react"
import type { Doc, UndoManager } from "yjs"
import { titleOf } from "../collaboration/fields"
import { TitleField } from "./field"
import "./title.css"

/** Longer titles are cut wherever they are listed. */
const LONGEST_TITLE = 300

type Props = {
  doc: Doc
  editable: boolean
  history: UndoManager
  /** Enter or arrow down: on to the body. */
  onLeave: () => void
}

/** The document's title: one line that everyone edits together. A text area, because long titles wrap. */
export function TitleInput({ doc, editable, history, onLeave }: Props) {
  const area = useRef<HTMLTextAreaElement>(null)
  const binding = useRef<TitleField | null>(null)
  const [shown, setShown] = useState("")

  useEffect(() => {
    const element = area.current
    if (!element) return
    const field = {
      get value() {
        return element.value
      },
      set value(value: string) {
        element.value = value
      },
      get selectionStart() {
        return element.selectionStart
      },
      get selectionEnd() {
        return element.selectionEnd
      },
      // Safari gives focus to a field whose selection is set, and remote edits must not take it.
      setSelectionRange: (start: number, end: number) => {
        if (document.activeElement === element) element.setSelectionRange(start, end)
      },
    }
    binding.current = new TitleField(field, titleOf(doc), setShown)
    return () => {
      binding.current?.destroy()
      binding.current = null
    }
  }, [doc])

  useEffect(() => {
    const element = area.current
    if (!element) return
    // The browser's own undo would fight ours (reached by menu or shaking a phone); React has no such event.
    const onBeforeInput = (event: InputEvent) => {
      if (event.inputType !== "historyUndo" && event.inputType !== "historyRedo") return
      event.preventDefault()
      if (event.inputType === "historyUndo") history.undo()
      else history.redo()
    }
    element.addEventListener("beforeinput", onBeforeInput)
    return () => element.removeEventListener("beforeinput", onBeforeInput)
  }, [history])

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return
    const { selectionStart, value } = event.currentTarget
    const command = event.metaKey || event.ctrlKey
    const name = event.key.toLowerCase()
    if (event.key === "Enter" || (event.key === "ArrowDown" && selectionStart === value.length)) {
      event.preventDefault()
      onLeave()
    } else if (command && !event.altKey && (name === "z" || name === "y")) {
      event.preventDefault()
      if (name === "y" || event.shiftKey) history.redo()
      else history.undo()
    }
  }

  return (
    <div className="weft-title" data-value={shown || "Untitled"}>
      <textarea
        ref={area}
        rows={1}
        aria-label="Title"
        dir="auto"
        placeholder="Untitled"
        maxLength={LONGEST_TITLE}
        readOnly={!editable}
        spellCheck
        autoComplete="off"
        enterKeyHint="next"
        onInput={() => binding.current?.input()}
        onCompositionStart={() => binding.current?.beginComposition()}
        onCompositionEnd={() => binding.current?.endComposition()}
        onKeyDown={onKeyDown}
        // Typing the title and then the body are two things to undo, however quickly done.
        onFocus={() => history.stopCapturing()}
        onBlur={() => history.stopCapturing()}
      />
    </div>
  )
}
