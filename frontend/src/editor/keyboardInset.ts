import { type RefObject, useEffect } from "react"

/**
 * Tells the style sheet how much of the page an on-screen keyboard covers, as `--weft-keyboard`, so that the toolbar of
 * a phone stands on the keyboard. Browsers shrink only the visual viewport for it, which CSS alone can't see.
 */
export function useKeyboardInset(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const viewport = window.visualViewport
    if (!viewport) return
    const measure = () => {
      const covered = Math.max(0, window.innerHeight - viewport.height - viewport.offsetTop)
      root.current?.style.setProperty("--weft-keyboard", `${Math.round(covered)}px`)
    }
    measure()
    viewport.addEventListener("resize", measure)
    viewport.addEventListener("scroll", measure)
    return () => {
      viewport.removeEventListener("resize", measure)
      viewport.removeEventListener("scroll", measure)
    }
  }, [root])
}
