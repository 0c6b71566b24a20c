import { Alert, Button, Divider, Group, Skeleton, Stack, Switch, Text } from "@mantine/core"
import { IconLink, IconMail } from "@tabler/icons-react"
import { useQueryClient } from "@tanstack/react-query"
import { changeDocument, changeShare, removeShare, shareDocument } from "../../api/documents"
import { explain } from "../../api/errors"
import { type Document, type DocumentMember, isAtLeast, type Role } from "../../api/types"
import { revokeInvitation } from "../../api/workspaces"
import { useAttempt } from "../data/attempt"
import { keys } from "../data/keys"
import { useDocument, useDocumentMembers, useSignedIn, useWorkspace } from "../data/queries"
import { Gradually } from "../list/Gradually"
import { InviteForm } from "../people/InviteForm"
import { PersonRow } from "../people/PersonRow"
import { RoleSelect } from "../people/RoleSelect"
import { roleNames, rolesToGive } from "../people/roles"
import { mayArrange } from "../rights"
import { titleOf } from "../tree/model"
import { askFirst } from "./askFirst"
import { copyLink } from "./clipboard"

const sources: Record<DocumentMember["source"], string> = {
  workspace: "through the workspace",
  owner: "manages the workspace",
  ancestor: "through a document above",
  share: "shared with them",
}

/** Who may open a document and why. Rights from above are shown but changed where they come from. */
export function ShareDialog({ id, onDone }: { id: string; onDone(): void }) {
  const { user } = useSignedIn()
  const client = useQueryClient()
  const document = useDocument(id)
  const members = useDocumentMembers(id, true)
  const mayShare = document.data !== undefined && mayArrange(document.data)
  const roles = rolesToGive(document.data?.role ?? "reader").filter((role) => role !== "owner")
  const [attempt] = useAttempt("Not changed", [keys.document(id), keys.documents])
  const refresh = () => Promise.all([client.invalidateQueries({ queryKey: keys.document(id) }), client.invalidateQueries({ queryKey: keys.documents })])

  const giveUp = () =>
    askFirst({
      title: `Give up access to “${titleOf(document.data ?? { title: "" })}”?`,
      message: "Only somebody who may share it can give it back to you.",
      deed: "Give up access",
      onConfirm: () => {
        onDone() // there may be nothing left to show here
        void attempt(() => removeShare(id, user.id), "You gave up your access")
      },
    })

  if (document.error ?? members.error) {
    return (
      <Alert color="red" title="This can’t be shown now">
        {explain(document.error ?? members.error)}
        <Button variant="light" color="red" size="xs" mt="sm" display="block" onClick={() => void refresh()}>
          Try again
        </Button>
      </Alert>
    )
  }

  return (
    <Stack gap="md">
      {mayShare && (
        <InviteForm
          label="Share with"
          deed="Share"
          roles={roles}
          onInvite={async (email, role) => {
            await shareDocument(id, { email, role })
            await refresh()
          }}
        />
      )}
      {document.data && <WorkspaceAccess document={document.data} onChange={(inherits) => void attempt(() => changeDocument(id, { inherits }))} />}
      <div>
        <Text size="xs" fw={600} c="dimmed" mb={4}>
          People with access
        </Text>
        {!members.data && [0, 1, 2].map((row) => <Skeleton key={row} height={30} my={9} />)}
        <Gradually items={members.data?.items ?? []}>
          {(shown) =>
            shown.map((member) => (
              <PersonRow key={member.user.id} person={member.user} self={member.user.id === user.id} detail={`${member.user.email} · ${sources[member.source]}`}>
                {member.source === "share" && member.user.id === user.id ? (
                  <Button variant="subtle" color="gray" size="compact-sm" onClick={giveUp}>
                    Give up access
                  </Button>
                ) : member.source === "share" && mayShare && isAtLeast(document.data?.role ?? "reader", member.role) ? (
                  <RoleSelect
                    label={`Role of ${member.user.name}`}
                    value={member.role}
                    roles={roles}
                    onChange={(role: Role) => void attempt(() => changeShare(id, member.user.id, role))}
                    onRemove={() => void attempt(() => removeShare(id, member.user.id))}
                  />
                ) : (
                  <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
                    {roleNames[member.role]}
                  </Text>
                )}
              </PersonRow>
            ))
          }
        </Gradually>
        {members.data?.invitations.map((invitation) => (
          <Group key={invitation.id} wrap="nowrap" gap="sm" py={7}>
            <IconMail size={18} style={{ marginInline: 6, color: "var(--weft-ink-faint)" }} aria-hidden />
            <div style={{ flex: 1, minWidth: 0 }}>
              <Text size="sm" truncate>
                {invitation.email}
              </Text>
              <Text size="xs" c="dimmed">
                Invited, has no account yet
              </Text>
            </div>
            <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
              {roleNames[invitation.role]}
            </Text>
            {document.data && mayShare && isAtLeast(document.data.role, invitation.role) && (
              <Button
                variant="subtle"
                color="gray"
                size="compact-sm"
                aria-label={`Withdraw the invitation of ${invitation.email}`}
                onClick={() => void attempt(() => revokeInvitation(document.data.workspace, invitation.id), "Invitation withdrawn")}
              >
                Withdraw
              </Button>
            )}
          </Group>
        ))}
      </div>
      <Divider />
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          The link opens for those listed here only.
        </Text>
        <Button variant="default" size="xs" leftSection={<IconLink size={15} />} onClick={() => void copyLink(id)}>
          Copy link
        </Button>
      </Group>
    </Stack>
  )
}

function WorkspaceAccess({ document, onChange }: { document: Document; onChange(inherits: boolean): void }) {
  const workspace = useWorkspace(document.workspace)
  if (!workspace) return null
  return (
    <Switch
      label={`Members of ${workspace.name} have access`}
      description={document.inherits ? "With the role they have in the workspace." : "Only the people below, and the workspace’s admins."}
      checked={document.inherits}
      disabled={!mayArrange(document)}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  )
}
