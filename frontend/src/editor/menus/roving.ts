import { type KeyboardEvent, useEffect, useState } from "react"

const TOOLS = "button:not(:disabled), select:not(:disabled)"

/**
 * Makes a toolbar one stop of the Tab key, its tools reached by the arrows, as the ARIA pattern asks. Returns what
 * the bar's element needs; Escape goes back to where the text is.
 */
export function useRovingTools(onEscape: () => void) {
  const [element, ref] = useState<HTMLElement | null>(null)
  useEffect(() => {
    if (!element) return
    // Tools come and go with the selection, so the one stop is set anew whenever the bar is redrawn.
    const keepOneStop = () => {
      const tools = [...element.querySelectorAll<HTMLElement>(TOOLS)]
      const current =
        tools.find((tool) => tool === document.activeElement) ??
        tools.find((tool) => tool.getAttribute("tabindex") === "0") ??
        tools[0]
      for (const tool of tools) {
        const stop = tool === current ? "0" : "-1"
        if (tool.getAttribute("tabindex") !== stop) tool.setAttribute("tabindex", stop)
      }
    }
    keepOneStop()
    const watcher = new MutationObserver(keepOneStop)
    watcher.observe(element, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] })
    element.addEventListener("focusin", keepOneStop)
    return () => {
      watcher.disconnect()
      element.removeEventListener("focusin", keepOneStop)
    }
  }, [element])

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    // A menu opened from the bar is a React child of it, but elsewhere in the page: its keys are its own.
    if (!element?.contains(event.target as Node)) return
    if (event.key === "Escape") {
      event.preventDefault()
      onEscape()
      return
    }
    const tools = [...element.querySelectorAll<HTMLElement>(TOOLS)]
    const at = tools.indexOf(document.activeElement as HTMLElement)
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tools.length - 1 }[event.key]
    if (next === undefined || tools.length === 0) return
    event.preventDefault()
    tools[(next + tools.length) % tools.length]?.focus()
  }
  return { ref, onKeyDown }
}
