import { Button, Group, Text, TextInput } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { type FormEvent, useState } from "react"
import { useLocation } from "wouter"
import { ApiError, explain } from "../../api/errors"
import { createWorkspace } from "../../api/workspaces"
import { keys } from "../data/keys"
import { routes } from "../routes"

export function CreateWorkspaceDialog({ onDone }: { onDone(): void }) {
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const [name, setName] = useState("")
  const creation = useMutation({
    mutationFn: createWorkspace,
    onSuccess: async (workspace) => {
      await client.invalidateQueries({ queryKey: keys.me })
      onDone()
      navigate(routes.workspace(workspace.id))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    creation.mutate(name.trim())
  }
  return (
    <form onSubmit={submit}>
      <Text size="sm" c="dimmed" mb="md">
        A workspace has its own documents and members. Nobody sees it until you invite them.
      </Text>
      <TextInput
        label="Name"
        placeholder="Design team"
        value={name}
        maxLength={100}
        onChange={(event) => setName(event.currentTarget.value)}
        error={creation.error && (creation.error instanceof ApiError ? (creation.error.fields.name ?? explain(creation.error)) : explain(creation.error))}
        data-autofocus
      />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" disabled={!name.trim()} loading={creation.isPending}>
          Create workspace
        </Button>
      </Group>
    </form>
  )
}
