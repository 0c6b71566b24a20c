import type { Editor } from "@tiptap/core"
import { type RefObject, useEffect } from "react"
import { openFind, openShortcuts } from "../panels"

/**
 * The keys that work wherever one is on the document's page, in the title as in the text: find, the sheet of shortcuts,
 * and the way to the toolbar. Left alone while a dialog or another page's field has the focus.
 */
export function useEditorKeys(editor: Editor | null, root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (!editor) return
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target as Element
      const ours = root.current?.contains(target) || target === document.body
      if (!ours || event.isComposing) return
      const command = (event.metaKey || event.ctrlKey) && !event.altKey
      if (command && !event.shiftKey && event.key.toLowerCase() === "f") {
        // A second press, from the find bar itself, is for the browser's own search.
        if (target.closest(".weft-find")) return
        openFind(editor)
      } else if (command && event.key === "/") {
        openShortcuts(editor)
      } else if (event.altKey && event.key === "F10") {
        const bar =
          document.querySelector<HTMLElement>(".weft-bubble") ??
          root.current?.querySelector<HTMLElement>(".weft-toolbar")
        bar?.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
      } else {
        return
      }
      event.preventDefault()
    }
    window.addEventListener("keydown", onKeyDown)
    return () => window.removeEventListener("keydown", onKeyDown)
  }, [editor, root])
}
