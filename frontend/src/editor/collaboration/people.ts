import type { Awareness } from "y-protocols/awareness"
import { isHexColor } from "../schema/colors"

/** Who someone is, as the server stamps it on their awareness. */
export type Person = { id: number; name: string; color: string }

const UNKNOWN_COLOR = "#6f6d66"

/** Reads the `user` field of an awareness state. Names and colours come over the wire: both are bounded here. */
export function personOf(state: unknown): Person | null {
  const user = (state as { user?: unknown } | null | undefined)?.user
  if (typeof user !== "object" || user === null) return null
  const { id, name, color } = user as Record<string, unknown>
  if (typeof id !== "number") return null
  return {
    id,
    name: typeof name === "string" && name.trim() !== "" ? name.trim().slice(0, 80) : "Someone",
    color: isHexColor(color) ? color : UNKNOWN_COLOR,
  }
}

/** Everyone else who is here, once each however many tabs they have, in a stable order. */
export function othersHere(awareness: Awareness, self: number): Person[] {
  const people = new Map<number, Person>()
  for (const [client, state] of awareness.getStates()) {
    const person = client === awareness.clientID ? null : personOf(state)
    if (person && person.id !== self) people.set(person.id, person)
  }
  return [...people.values()].sort((a, b) => a.name.localeCompare(b.name) || a.id - b.id)
}

/** First letters of a name, for an avatar. By code point: a name may begin with an emoji. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean)
  const first = [...(words[0] ?? "?")][0] ?? "?"
  const last = words.length > 1 ? ([...(words.at(-1) ?? "")][0] ?? "") : ""
  return (first + last).toUpperCase()
}
