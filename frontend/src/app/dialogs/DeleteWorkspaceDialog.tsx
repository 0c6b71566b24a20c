import { Button, Group, Text, TextInput } from "@mantine/core"
import { type FormEvent, useState } from "react"
import { useLocation } from "wouter"
import type { Workspace } from "../../api/types"
import { deleteWorkspace } from "../../api/workspaces"
import { useAttempt } from "../data/attempt"
import { keys } from "../data/keys"
import { useWorkspaceDocuments } from "../data/queries"
import { routes } from "../routes"

/** Of all that can't be undone this takes the most along, so a click is not enough: the name is typed. */
export function DeleteWorkspaceDialog({ workspace, onDone }: { workspace: Workspace; onDone(): void }) {
  const [, navigate] = useLocation()
  const [typed, setTyped] = useState("")
  const documents = useWorkspaceDocuments(workspace.id)
  const [attempt, busy] = useAttempt("Not deleted", [keys.me, keys.documents])
  const isNamed = typed.trim().replaceAll(/\s+/g, " ") === workspace.name
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!isNamed || busy) return
    if (await attempt(() => deleteWorkspace(workspace.id), `${workspace.name} was deleted`)) {
      onDone()
      navigate(routes.home)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Text size="sm" mb="sm">
        {whatGoes(documents.data?.length)} {whoLosesIt(workspace.member_count)} <strong>This can’t be undone.</strong>
      </Text>
      <TextInput
        label={`Type “${workspace.name}” to confirm`}
        labelProps={{ style: { overflowWrap: "anywhere" } }}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
      />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" color="red" disabled={!isNamed} loading={busy}>
          Delete workspace
        </Button>
      </Group>
    </form>
  )
}

function whatGoes(documents: number | undefined): string {
  if (documents === undefined) return "All its documents go with it, with their history, and what lies in its trash."
  if (documents === 0) return "It has no documents; what lies in its trash goes with it."
  return `${documents === 1 ? "1 document goes" : `${documents} documents go`} with it, with their history, and what lies in its trash.`
}

const whoLosesIt = (members: number): string =>
  members === 1 ? "You are its only member." : `All ${members} members lose it at once, also what they have open.`
