import { Text } from "@mantine/core"
import { modals } from "@mantine/modals"

interface Question {
  title: string
  message: string
  /** The verb on the button, never just "OK". */
  deed: string
  /** What the safe button says, where "Cancel" would leave open what is called off. */
  stay?: string
  onConfirm(): void
}

/** For what can't be undone: says what will be lost, and the safe button has the focus. */
export const askFirst = ({ title, message, deed, stay = "Cancel", onConfirm }: Question) =>
  modals.openConfirmModal({
    title,
    children: <Text size="sm">{message}</Text>,
    labels: { confirm: deed, cancel: stay },
    confirmProps: { color: "red" },
    cancelProps: { "data-autofocus": true },
    // The dialog takes a moment to go: a second click of a double one would act again, and fail.
    onConfirm: once(onConfirm),
  })

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}
