import { useEffect } from "react"

/** The tab's name, and the first thing a screen reader says of a page. */
export function usePageTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · Weft` : "Weft"
  }, [title])
}
