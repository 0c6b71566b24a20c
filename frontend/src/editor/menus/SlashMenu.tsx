import type { Editor } from "@tiptap/core"
import { useEffect, useId, useRef } from "react"
import { useStore } from "../store"
import { Anchored } from "./Anchored"
import "./slash.css"

/** The list under a typed slash. A listbox steered from the text, which names the marked option to screen readers. */
export function SlashMenu({ editor }: { editor: Editor }) {
  const { store } = editor.storage.slashMenu
  const state = useStore(store)
  const id = useId()
  const list = useRef<HTMLDivElement>(null)

  const marked = state?.items[state.marked]?.id
  useEffect(() => {
    const text = editor.view.dom
    if (!marked) return
    text.setAttribute("aria-controls", id)
    text.setAttribute("aria-activedescendant", `${id}-${marked}`)
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" })
    return () => {
      text.removeAttribute("aria-controls")
      text.removeAttribute("aria-activedescendant")
    }
  }, [editor, marked, id])

  if (!state) return null
  return (
    <Anchored
      editor={editor}
      at={state.at}
      tallest={380}
      ref={list}
      id={id}
      className="weft-slash-menu"
      role="listbox"
      aria-label="Blocks"
      onMouseDown={(event) => event.preventDefault()}
    >
      {state.items.map((kind, index) => (
        <div key={kind.id} role="presentation">
          {(index === 0 || state.items[index - 1]?.group !== kind.group) && (
            <div className="weft-slash-group">{kind.group}</div>
          )}
          <div
            id={`${id}-${kind.id}`}
            className="weft-slash-item"
            role="option"
            aria-selected={index === state.marked}
            onPointerMove={() => {
              if (index !== state.marked) store.set({ ...state, marked: index })
            }}
            onClick={() => state.choose(kind)}
          >
            <span className="weft-slash-icon">
              <kind.icon size={19} stroke={1.6} aria-hidden />
            </span>
            <span className="weft-slash-words">
              <span>{kind.name}</span>
              <small>{kind.hint}</small>
            </span>
            {kind.typed && <kbd>{kind.typed}</kbd>}
          </div>
        </div>
      ))}
    </Anchored>
  )
}
