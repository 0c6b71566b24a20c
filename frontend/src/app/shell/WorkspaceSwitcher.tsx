import { Badge, Menu, Text, UnstyledButton, VisuallyHidden } from "@mantine/core"
import { IconCheck, IconPlus, IconSelector, IconSettings } from "@tabler/icons-react"
import { useLocation } from "wouter"
import type { Workspace } from "../../api/types"
import { useSignedIn } from "../data/queries"
import { openCreateWorkspace } from "../dialogs/open"
import { routes } from "../routes"
import { useShell } from "./ShellContext"
import styles from "./WorkspaceSwitcher.module.css"

const people = ({ personal, member_count }: Workspace) =>
  personal ? "Personal" : member_count === 1 ? "1 member" : `${member_count} members`

export function WorkspaceSwitcher() {
  const { workspaces } = useSignedIn()
  const { workspace } = useShell()
  const [, navigate] = useLocation()
  return (
    <Menu position="bottom-start" width={264}>
      <Menu.Target>
        <UnstyledButton className={styles.target}>
          <VisuallyHidden>Workspace</VisuallyHidden>
          <span className={styles.mark} aria-hidden>
            {[...workspace.name.trim()][0]?.toLocaleUpperCase()}
          </span>
          <span className={styles.name}>{workspace.name}</span>
          <IconSelector size={15} className={styles.arrows} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Workspaces</Menu.Label>
        {workspaces.map((each) => (
          <Menu.Item
            key={each.id}
            aria-current={each.id === workspace.id || undefined}
            rightSection={each.id === workspace.id ? <IconCheck size={16} aria-hidden /> : undefined}
            onClick={() => navigate(routes.workspace(each.id))}
          >
            <Text size="sm" truncate maw={190}>
              {each.name}
            </Text>
            <Text size="xs" c="dimmed">
              {people(each)}
              {each.suspended && (
                <Badge size="xs" color="orange" variant="light" ml={6}>
                  Suspended
                </Badge>
              )}
            </Text>
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconSettings size={16} />} onClick={() => navigate(routes.workspaceSettings(workspace.id))}>
          Members and settings
        </Menu.Item>
        <Menu.Item leftSection={<IconPlus size={16} />} onClick={openCreateWorkspace}>
          New workspace…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
