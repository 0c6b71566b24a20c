import { marked } from "./terms"

/** Text in which what was looked for stands out. */
export const Marked = ({ text, terms }: { text: string; terms: readonly string[] }) => (
  <>{marked(text, terms).map(([piece, found], at) => (found ? <mark key={at}>{piece}</mark> : piece))}</>
)
