import { ActionIcon, Button, Kbd, Skeleton, Text, Tooltip, UnstyledButton } from "@mantine/core"
import {
  IconClock,
  IconFiles,
  IconLayoutSidebarLeftCollapse,
  IconPlus,
  IconSearch,
  IconSettings,
  IconStar,
  IconTrash,
  IconUsers,
} from "@tabler/icons-react"
import { useRef } from "react"
import { Link, useLocation, useRoute } from "wouter"
import { explain } from "../../api/errors"
import { useDocumentList, useDocumentTree } from "../data/queries"
import { Bell } from "../inbox/Bell"
import { routes } from "../routes"
import { DocumentTree } from "../tree/DocumentTree"
import { titleOf } from "../tree/model"
import { AccountMenu } from "./AccountMenu"
import { commandKey } from "./keyboard"
import { useShell } from "./ShellContext"
import styles from "./Sidebar.module.css"
import { WorkspaceSwitcher } from "./WorkspaceSwitcher"

interface Props {
  onHide(): void
  /** Something was opened from here: the drawer may go. */
  onOpen(): void
}

export function Sidebar({ onHide, onOpen }: Props) {
  const { workspace, newDocument, mayCreate, find, narrow } = useShell()
  const [, params] = useRoute<{ id: string }>("/d/:id")
  const scroller = useRef<HTMLDivElement>(null)
  const { tree, isPending, error, refetch } = useDocumentTree(workspace.id)
  const favourites = useDocumentList("favourite")

  return (
    <div className={styles.sidebar}>
      <div className={styles.head}>
        <WorkspaceSwitcher />
        {/* On a phone it is in the bar of each page: from within a drawer it would open another. */}
        {!narrow && <Bell narrow={false} />}
        <Tooltip label="Hide the sidebar">
          <ActionIcon aria-label="Hide the sidebar" onClick={onHide} size={30}>
            <IconLayoutSidebarLeftCollapse size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </div>
      <div className={styles.deeds}>
        <Button
          fullWidth
          size="sm"
          leftSection={<IconPlus size={16} />}
          disabled={!mayCreate}
          onClick={() => {
            onOpen()
            newDocument()
          }}
        >
          New document
        </Button>
        <UnstyledButton className={styles.search} onClick={find}>
          <IconSearch size={15} stroke={1.8} aria-hidden />
          <span>Find a document</span>
          <Kbd size="xs" className={styles.key}>
            {commandKey} K
          </Kbd>
        </UnstyledButton>
      </div>
      <div ref={scroller} className={styles.scroll}>
        <nav aria-label="Lists" className={styles.links}>
          <NavLink href={routes.workspace(workspace.id)} icon={IconFiles} label="All documents" />
          <NavLink href={routes.recent} icon={IconClock} label="Recent" />
          <NavLink href={routes.favourites} icon={IconStar} label="Favourites" />
          <NavLink href={routes.shared} icon={IconUsers} label="Shared with me" />
        </nav>
        {favourites.data && favourites.data.length > 0 && (
          <nav aria-label="Favourites" className={styles.section}>
            <Text component="h2" className={styles.heading}>
              Favourites
            </Text>
            {favourites.data.slice(0, 8).map((document) => (
              <NavLink key={document.id} href={routes.document(document.id)} icon={IconStar} label={titleOf(document)} />
            ))}
          </nav>
        )}
        <section aria-label="Documents of the workspace" className={styles.section}>
          <div className={styles.headingRow}>
            <Text component="h2" className={styles.heading}>
              Documents
            </Text>
          </div>
          {isPending && SKELETONS.map((width) => <Skeleton key={width} height={12} width={width} my={10} mx={10} />)}
          {/* An older answer says more than a failure to get a newer one. */}
          {error && tree.byId.size === 0 && (
            <div className={styles.note}>
              {explain(error)}{" "}
              <UnstyledButton className={styles.retry} onClick={() => void refetch()}>
                Try again
              </UnstyledButton>
            </div>
          )}
          {!isPending && !error && tree.byId.size === 0 && <div className={styles.note}>Nothing here yet.</div>}
          {tree.byId.size > 0 && (
            <DocumentTree
              key={workspace.id}
              tree={tree}
              workspace={workspace.id}
              current={params?.id}
              scroller={scroller}
              mayCreate={mayCreate}
              onOpen={onOpen}
            />
          )}
        </section>
      </div>
      <div className={styles.foot}>
        <NavLink href={routes.trash} icon={IconTrash} label="Trash" />
        <NavLink href={routes.workspaceSettings(workspace.id)} icon={IconSettings} label="Workspace settings" />
        <AccountMenu />
      </div>
    </div>
  )
}

const SKELETONS = ["62%", "48%", "71%", "39%", "55%"]

function NavLink({ href, icon: Icon, label }: { href: string; icon: typeof IconStar; label: string }) {
  const [location] = useLocation()
  return (
    <Link href={href} className={styles.link} aria-current={location === href ? "page" : undefined}>
      <Icon size={16} stroke={1.7} aria-hidden />
      <span>{label}</span>
    </Link>
  )
}
