import { Button, Group, Text } from "@mantine/core"
import { notifications } from "@mantine/notifications"

/** A toast that stays long enough to read and takes the deed back on one press. */
export function offerUndo(message: string, undo: () => void): void {
  const id = `undo-${Date.now()}`
  notifications.show({
    id,
    autoClose: 10_000,
    message: (
      <Group justify="space-between" wrap="nowrap" gap="md">
        <Text size="sm" lineClamp={2}>
          {message}
        </Text>
        <Button
          variant="light"
          size="compact-sm"
          onClick={() => {
            notifications.hide(id)
            undo()
          }}
        >
          Undo
        </Button>
      </Group>
    ),
  })
}
