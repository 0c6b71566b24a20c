import { Button } from "@mantine/core"
import { IconAlertTriangle } from "@tabler/icons-react"
import { useState } from "react"
import type { SizeNotice as Size } from "../../sync"
import { copyText } from "../dialogs/clipboard"
import { NoticeBar } from "./NoticeBar"
import { describeSize } from "./size"

interface Props {
  size: Size
  /** Edits that found no place. */
  waiting: number
  /** This browser keeps them. */
  kept: boolean
  readText(): string
  onDiscard(): void
}

/** The document comes near to what one may hold, or is full: then nobody can write, and what to do is said here. */
export function SizeNotice({ size, waiting, kept, readText, onDiscard }: Props) {
  // Once read, a warning is in the way. That a document is full is not to be overlooked.
  const [dismissed, setDismissed] = useState(false)
  if (size.state === "large" && dismissed) return null
  const { title, message } = describeSize(size, waiting, kept)
  return (
    <NoticeBar icon={IconAlertTriangle} title={title} message={message}>
      {size.state === "large" && (
        <Button size="xs" variant="subtle" color="gray" onClick={() => setDismissed(true)}>
          Understood
        </Button>
      )}
      {size.state === "full" && (
        <Button size="xs" variant="default" onClick={() => void copyText(readText())}>
          Copy the text
        </Button>
      )}
      {size.state === "full" && waiting > 0 && (
        <Button size="xs" variant="subtle" color="gray" onClick={onDiscard}>
          Discard my edits
        </Button>
      )}
    </NoticeBar>
  )
}
