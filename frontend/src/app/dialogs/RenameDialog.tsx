import { Button, Group, TextInput } from "@mantine/core"
import { type FormEvent, useState } from "react"
import type { Document } from "../../api/types"
import { useDocumentActions } from "../data/actions"

interface Props {
  document: Document
  onDone(): void
}

export function RenameDialog({ document, onDone }: Props) {
  const actions = useDocumentActions()
  const [title, setTitle] = useState(document.title)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (title.trim() !== document.title) void actions.rename(document, title.trim())
    onDone()
  }
  return (
    <form onSubmit={submit}>
      <TextInput
        label="Title"
        value={title}
        maxLength={300}
        onChange={(event) => setTitle(event.currentTarget.value)}
        onFocus={(event) => event.currentTarget.select()}
        data-autofocus
      />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit">Rename</Button>
      </Group>
    </form>
  )
}
