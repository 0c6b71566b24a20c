import { Button, Group, Skeleton, Text, TextInput } from "@mantine/core"
import { IconCloudOff, IconFilter, IconLock } from "@tabler/icons-react"
import { useQueryClient } from "@tanstack/react-query"
import { type FormEvent, type ReactNode, useState } from "react"
import { useLocation } from "wouter"
import { explain } from "../../api/errors"
import { isAtLeast, type Workspace } from "../../api/types"
import { changeRole, inviteMember, leaveWorkspace, removeMember, renameWorkspace, revokeInvitation } from "../../api/workspaces"
import { keys } from "../data/keys"
import { useSignedIn, useWorkspaceInvitations, useWorkspaceMembers, useWorkspaceOfPage } from "../data/queries"
import { useAttempt } from "../data/attempt"
import { askFirst } from "../dialogs/askFirst"
import { openDeleteWorkspace } from "../dialogs/open"
import { Gradually } from "../list/Gradually"
import { InviteForm } from "../people/InviteForm"
import { PersonRow } from "../people/PersonRow"
import { RoleSelect } from "../people/RoleSelect"
import { roleNames, rolesToGive } from "../people/roles"
import { mayDelete } from "../rights"
import { routes } from "../routes"
import { Notice } from "../shell/Notice"
import { PageHeader } from "../shell/PageHeader"
import { usePageTitle } from "../usePageTitle"
import { Waiting } from "../Waiting"
import { ago } from "../when"
import { ActivityList } from "./ActivityList"
import styles from "./WorkspaceSettings.module.css"

export function WorkspaceSettings({ id }: { id: string }) {
  const { workspace, asking } = useWorkspaceOfPage(id)
  usePageTitle(workspace ? `${workspace.name}: settings` : "Settings")
  if (asking) return <Waiting />
  if (!workspace) {
    return (
      <>
        <PageHeader />
        <Notice icon={IconLock} title="There is no such workspace" action={{ label: "To your documents", href: routes.home }}>
          It may have been deleted, or you are not a member any more.
        </Notice>
      </>
    )
  }
  return (
    <>
      <PageHeader />
      <div className={styles.page}>
        <h1 className={styles.title}>Workspace settings</h1>
        {isAtLeast(workspace.role, "admin") && <NameSection key={workspace.id} workspace={workspace} />}
        <MembersSection workspace={workspace} />
        {isAtLeast(workspace.role, "admin") && (
          <Section title="Activity" about="Who did what here. Owners and admins see it; nobody can change it.">
            <ActivityList workspace={workspace.id} />
          </Section>
        )}
        {!workspace.personal && <LeaveSection workspace={workspace} />}
        {mayDelete(workspace) && (
          <Section title="Delete workspace" about="With all its documents, for everybody, and for good." danger>
            <Button color="red" variant="light" onClick={() => openDeleteWorkspace(workspace)}>
              Delete this workspace…
            </Button>
          </Section>
        )}
      </div>
    </>
  )
}

function Section({ title, about, children, danger = false }: { title: string; about?: string; children: ReactNode; danger?: boolean }) {
  return (
    <section className={styles.section} data-danger={danger || undefined}>
      <h2 className={styles.heading}>{title}</h2>
      {about && <p className={styles.about}>{about}</p>}
      {children}
    </section>
  )
}

function NameSection({ workspace }: { workspace: Workspace }) {
  const [name, setName] = useState(workspace.name)
  const [attempt, busy] = useAttempt("Not renamed", [keys.me])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void attempt(() => renameWorkspace(workspace.id, name.trim()), "Workspace renamed")
  }
  return (
    <Section title="Name">
      <form onSubmit={submit}>
        <Group gap="xs">
          <TextInput aria-label="Name of the workspace" value={name} maxLength={100} onChange={(event) => setName(event.currentTarget.value)} className={styles.name} />
          <Button type="submit" variant="default" loading={busy} disabled={!name.trim() || name.trim() === workspace.name}>
            Rename
          </Button>
        </Group>
      </form>
    </Section>
  )
}

/** More than these, and one looks for a name rather than reads them all. */
const MEMBERS_AT_A_GLANCE = 10

function MembersSection({ workspace }: { workspace: Workspace }) {
  const { user } = useSignedIn()
  const client = useQueryClient()
  const mayAdminister = isAtLeast(workspace.role, "admin")
  const members = useWorkspaceMembers(workspace.id)
  const invitations = useWorkspaceInvitations(workspace.id, mayAdminister)
  const [wanted, setWanted] = useState("")
  const [attempt] = useAttempt("Not changed", [keys.workspace(workspace.id), keys.me])
  const roles = rolesToGive(workspace.role)
  const needle = wanted.trim().toLocaleLowerCase()
  const found = members.data?.filter(({ user: { name, email } }) => `${name} ${email}`.toLocaleLowerCase().includes(needle))

  return (
    <Section title="Members" about={workspace.personal ? "This is your personal workspace. People you invite see all documents in it." : undefined}>
      {mayAdminister && (
        <InviteForm
          label="E-mail address of the person to invite"
          deed="Invite"
          roles={roles}
          onInvite={async (email, role) => {
            await inviteMember(workspace.id, { email, role })
            await client.invalidateQueries({ queryKey: keys.workspace(workspace.id) })
          }}
        />
      )}
      {(members.data?.length ?? 0) > MEMBERS_AT_A_GLANCE && (
        <TextInput
          type="search"
          aria-label="Narrow the members down by name or address"
          placeholder="Filter by name or address"
          leftSection={<IconFilter size={15} aria-hidden />}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
          mt="sm"
        />
      )}
      <div className={styles.people}>
        {members.isPending && [0, 1, 2].map((row) => <Skeleton key={row} height={30} my={10} />)}
        {members.error && !members.data && (
          <Notice icon={IconCloudOff} title="The members could not be loaded" action={{ label: "Try again", onClick: () => void members.refetch() }}>
            {explain(members.error)}
          </Notice>
        )}
        {found?.length === 0 && <p className={styles.none}>No member has that name or address.</p>}
        <Gradually key={needle} items={found ?? []}>
          {(shown) =>
            shown.map((member) => {
              const self = member.user.id === user.id
              const mayChange = mayAdminister && !self && isAtLeast(workspace.role, member.role)
              return (
                <PersonRow key={member.user.id} person={member.user} self={self} detail={member.user.email}>
                  {mayChange ? (
                    <RoleSelect
                      label={`Role of ${member.user.name}`}
                      value={member.role}
                      roles={roles}
                      removeLabel="Remove from workspace"
                      onChange={(role) => void attempt(() => changeRole(workspace.id, member.user.id, role))}
                      onRemove={() =>
                        askFirst({
                          title: `Remove ${member.user.name}?`,
                          message: "They lose access to all documents of this workspace at once, also to those they have open.",
                          deed: "Remove",
                          onConfirm: () => void attempt(() => removeMember(workspace.id, member.user.id), `${member.user.name} was removed`),
                        })
                      }
                    />
                  ) : (
                    <Text size="xs" c="dimmed">
                      {roleNames[member.role]}
                    </Text>
                  )}
                </PersonRow>
              )
            })
          }
        </Gradually>
      </div>
      {invitations.data && invitations.data.length > 0 && (
        <>
          <h3 className={styles.subheading}>Invited</h3>
          <div className={styles.people}>
            {invitations.data.map((invitation) => (
              <PersonRow
                key={invitation.id}
                person={{ name: invitation.email }}
                detail={`${roleNames[invitation.role]} · invited ${ago(invitation.created_at)}${invitation.invited_by ? ` by ${invitation.invited_by.name}` : ""}`}
              >
                <Button
                  variant="subtle"
                  color="gray"
                  size="compact-sm"
                  aria-label={`Withdraw the invitation of ${invitation.email}`}
                  onClick={() => void attempt(() => revokeInvitation(workspace.id, invitation.id), "Invitation withdrawn")}
                >
                  Withdraw
                </Button>
              </PersonRow>
            ))}
          </div>
        </>
      )}
    </Section>
  )
}

function LeaveSection({ workspace }: { workspace: Workspace }) {
  const [, navigate] = useLocation()
  const [attempt, busy] = useAttempt("You are still a member", [keys.me, keys.documents])
  const leave = () =>
    askFirst({
      title: `Leave ${workspace.name}?`,
      message: "You lose access to its documents. Only a member who may invite can let you in again.",
      deed: "Leave workspace",
      onConfirm: async () => {
        if (await attempt(() => leaveWorkspace(workspace.id), `You left ${workspace.name}`)) navigate(routes.home)
      },
    })
  return (
    <Section title="Leave" about="The last owner can’t leave: make someone else an owner first." danger>
      <Button color="red" variant="light" loading={busy} onClick={leave}>
        Leave this workspace
      </Button>
    </Section>
  )
}
