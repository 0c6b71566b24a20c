import { Group, Text } from "@mantine/core"
import type { ReactNode } from "react"
import { Face } from "./Face"

interface Props {
  person: { name: string; color?: string }
  self?: boolean
  detail: ReactNode
  children?: ReactNode
}

/** Someone, a line about them, and what can be done at the end of the row. */
export function PersonRow({ person, self = false, detail, children }: Props) {
  return (
    <Group wrap="nowrap" gap="sm" py={7}>
      <Face person={person} />
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" fw={550} truncate>
          {person.name}
          {self && (
            <Text span size="sm" c="dimmed" fw={400}>
              {" "}
              (you)
            </Text>
          )}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {detail}
        </Text>
      </div>
      {children}
    </Group>
  )
}
