import { Loader } from "@mantine/core"
import { useEffect, useState } from "react"

/** Nothing at first: most waits are over before a spinner would have been more than a flicker. */
export function Waiting({ whole = false }: { whole?: boolean }) {
  const [long, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 400)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div role="status" aria-label="Loading" style={{ display: "grid", placeItems: "center", height: whole ? "100dvh" : "100%" }}>
      {long && <Loader />}
    </div>
  )
}
