import { type ReactNode, useEffect, useRef, useState } from "react"
import styles from "./Gradually.module.css"

/** Enough to fill any screen at once. */
const FIRST = 80

/** Thousands of documents, or hundreds of members, would take seconds to draw: the rest comes as the end of the list comes near. */
export function Gradually<T>({ items, children }: { items: T[]; children(items: T[]): ReactNode }) {
  const [count, setCount] = useState(FIRST)
  const end = useRef<HTMLDivElement>(null)
  const more = count < items.length
  useEffect(() => {
    if (!end.current) return
    // Made anew for each batch, because an observer speaks up only when something changes, and the end may still be in sight.
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setCount(count + FIRST))
    observer.observe(end.current)
    return () => observer.disconnect()
  }, [more, count])
  return (
    <>
      {children(more ? items.slice(0, count) : items)}
      {more && <div ref={end} className={styles.end} />}
    </>
  )
}
