import { Button, Stack, Text, Title } from "@mantine/core"
import type { Icon } from "@tabler/icons-react"
import type { ReactNode } from "react"

interface Props {
  icon: Icon
  title: string
  children?: ReactNode
  action?: { label: string; onClick?: () => void; href?: string }
}

/** A whole place with nothing in it but one sentence, and what to do about it: empty lists, absent pages, failures. */
export function Notice({ icon: Icon, title, children, action }: Props) {
  return (
    <Stack align="center" gap="xs" py={72} px="lg" ta="center" maw={440} mx="auto" role="status">
      <Icon size={38} stroke={1.2} color="var(--weft-ink-faint)" aria-hidden />
      <Title order={2} fz="lg" fw={600}>
        {title}
      </Title>
      {children && (
        <Text size="sm" c="dimmed">
          {children}
        </Text>
      )}
      {action &&
        (action.href === undefined ? (
          <Button mt="sm" variant="light" onClick={action.onClick}>
            {action.label}
          </Button>
        ) : (
          <Button mt="sm" variant="light" component="a" href={action.href}>
            {action.label}
          </Button>
        ))}
    </Stack>
  )
}
