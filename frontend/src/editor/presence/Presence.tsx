import { Menu, Tooltip } from "@mantine/core"
import type { Editor } from "@tiptap/core"
import { type CSSProperties, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react"
import { createPortal } from "react-dom"
import type { Awareness } from "y-protocols/awareness"
import { initials, othersHere, type Person } from "../collaboration/people"
import { inkOn } from "../schema/colors"
import { follow } from "./follow"
import "./presence.css"

/** More faces than this become a number. */
const FACES = 4

type Props = { awareness: Awareness; user: Person; editor?: Editor | null }

/** Who else is here. A press on a face follows that person's caret until the reader does anything of their own. */
export function Presence({ awareness, user, editor }: Props) {
  const people = useOthers(awareness, user.id)
  const [followed, setFollowed] = useState<number | null>(null)
  const leader = people.find((person) => person.id === followed) ?? null

  useEffect(() => {
    if (followed === null || !editor) return
    return follow(editor, awareness, followed, () => setFollowed(null))
  }, [editor, awareness, followed])

  const choose = (person: Person) => setFollowed((now) => (now === person.id ? null : person.id))
  const shown = people.length > FACES ? people.slice(0, FACES - 1) : people
  const rest = people.slice(shown.length)

  return (
    <div className="weft-presence" role="group" aria-label="People here">
      {shown.map((person) => (
        <Tooltip key={person.id} label={followed === person.id ? `Following ${person.name}` : `Follow ${person.name}`}>
          <button
            type="button"
            className="weft-face"
            style={face(person)}
            aria-pressed={followed === person.id}
            aria-label={`Follow ${person.name}`}
            onClick={() => choose(person)}
          >
            {initials(person.name)}
          </button>
        </Tooltip>
      ))}
      {rest.length > 0 && (
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <button type="button" className="weft-face weft-face-more" aria-label={`${rest.length} more people`}>
              +{rest.length}
            </button>
          </Menu.Target>
          <Menu.Dropdown className="weft-presence" mah={320} style={{ overflowY: "auto" }}>
            {rest.map((person) => (
              <Menu.Item
                key={person.id}
                onClick={() => choose(person)}
                leftSection={
                  <span className="weft-face" style={face(person)} aria-hidden>
                    {initials(person.name)}
                  </span>
                }
              >
                {person.name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <Arrivals people={people} />
      {leader && <Following person={leader} onStop={() => setFollowed(null)} />}
    </div>
  )
}

function face(person: Person): CSSProperties {
  return { "--weft-person": person.color, color: inkOn(person.color) } as CSSProperties
}

function Following({ person, onStop }: { person: Person; onStop: () => void }) {
  return createPortal(
    <div className="weft-following" style={face(person)} role="status">
      Following {person.name}
      <button type="button" onClick={onStop}>
        Stop
      </button>
    </div>,
    document.body,
  )
}

/** Tells a screen reader who came and went, without a word for those already here when the page opened. */
function Arrivals({ people }: { people: Person[] }) {
  const known = useRef<Map<number, string> | null>(null)
  const [news, setNews] = useState("")
  useEffect(() => {
    const now = new Map(people.map((person) => [person.id, person.name]))
    const before = known.current
    known.current = now
    if (!before) return
    const came = [...now].filter(([id]) => !before.has(id)).map(([, name]) => `${name} joined`)
    const left = [...before].filter(([id]) => !now.has(id)).map(([, name]) => `${name} left`)
    if (came.length + left.length > 0) setNews([...came, ...left].join(", "))
  }, [people])
  return (
    <span className="weft-unseen" aria-live="polite">
      {news}
    </span>
  )
}

function useOthers(awareness: Awareness, self: number): Person[] {
  const source = useMemo(() => {
    let people = othersHere(awareness, self)
    let key = JSON.stringify(people)
    return {
      subscribe: (listener: () => void) => {
        // Carets move many times a second; only a change of people is worth a new drawing.
        const look = () => {
          const next = othersHere(awareness, self)
          const nextKey = JSON.stringify(next)
          if (nextKey === key) return
          key = nextKey
          people = next
          listener()
        }
        look()
        awareness.on("change", look)
        return () => awareness.off("change", look)
      },
      read: () => people,
    }
  }, [awareness, self])
  return useSyncExternalStore(source.subscribe, source.read, source.read)
}
