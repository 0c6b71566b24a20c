import { Avatar } from "@mantine/core"

interface Props {
  person: { name: string; color?: string }
  size?: number
}

/** A person as a coloured disc with initials; the name is beside it wherever it stands, so it is silent to readers. */
export function Face({ person, size = 30 }: Props) {
  return (
    <Avatar size={size} radius="xl" color="white" aria-hidden styles={{ placeholder: { background: person.color ?? "#6f6d66", fontSize: size * 0.4 } }}>
      {initialsOf(person.name)}
    </Avatar>
  )
}

export function initialsOf(name: string): string {
  const words = (name.split("@")[0] ?? "").trim().split(/[\s._-]+/).filter(Boolean)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "")
  return letters.join("").toLocaleUpperCase() || "?"
}
