import { ActionIcon, Badge, Button, Menu, Tooltip } from "@mantine/core"
import { IconDots, IconKeyboard, IconListTree, IconSearch, IconStar, IconStarFilled, IconUserPlus } from "@tabler/icons-react"
import type { ReactNode } from "react"
import { Link } from "wouter"
import type { Document } from "../../api/types"
import { useDocumentActions } from "../data/actions"
import { useDocumentTree, useWorkspace } from "../data/queries"
import { DocumentMenuItems } from "../dialogs/DocumentMenuItems"
import { openShare } from "../dialogs/open"
import { useOffline } from "../offline/reach"
import { mayEdit } from "../rights"
import { routes } from "../routes"
import { commandKey } from "../shell/keyboard"
import { PageHeader } from "../shell/PageHeader"
import { ancestorsOf, titleOf } from "../tree/model"
import styles from "./DocumentHeader.module.css"

/** What the header can ask of the editor below it. */
export interface EditorControls {
  outlineShown: boolean
  toggleOutline(): void
  find(): void
  showShortcuts(): void
  /** How much is written there. */
  length: ReactNode
}

interface Props {
  document: Document
  /** As it is being typed, which may be ahead of `document`. */
  title: string
  /** As the server says it: a trashed document or a suspended workspace can only be read, whatever the role. */
  readOnly?: boolean
  status?: ReactNode
  people?: ReactNode
  controls?: EditorControls
  onTrashed(): void
}

export function DocumentHeader({ document, title, readOnly, status, people, controls, onTrashed }: Props) {
  const { favourite } = useDocumentActions()
  const offline = useOffline()
  const star = document.favourite ? "Remove from favourites" : "Add to favourites"
  return (
    <PageHeader
      tools={
        <>
          {people}
          {document.trashed_at === null && (
            <Button aria-label="Share" disabled={offline} className={styles.share} size="compact-md" fz="sm" leftSection={<IconUserPlus size={15} />} onClick={() => openShare(document.id)}>
              <span className={styles.shareLabel}>Share</span>
            </Button>
          )}
          <Tooltip label={star}>
            <ActionIcon
              className={styles.star}
              aria-label={star}
              aria-pressed={document.favourite}
              data-on={document.favourite || undefined}
              size={32}
              disabled={offline}
              onClick={() => void favourite(document, !document.favourite)}
            >
              {document.favourite ? <IconStarFilled size={18} /> : <IconStar size={18} stroke={1.6} />}
            </ActionIcon>
          </Tooltip>
          <Menu position="bottom-end" width={248}>
            <Menu.Target>
              <ActionIcon aria-label="Menu of this document" size={32}>
                <IconDots size={19} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown mah="calc(100dvh - 5rem)" style={{ overflowY: "auto" }}>
              {controls && <ControlItems controls={controls} />}
              <DocumentMenuItems document={document} onTrashed={onTrashed} />
              {controls && (
                <>
                  <Menu.Divider />
                  <Menu.Label>{controls.length}</Menu.Label>
                </>
              )}
            </Menu.Dropdown>
          </Menu>
        </>
      }
    >
      <Breadcrumb document={document} title={title} />
      {(readOnly ?? !mayEdit(document)) && (
        <Tooltip label="You may read this document, not change it" events={{ hover: true, focus: true, touch: true }}>
          <Badge variant="light" color="gray" size="md" tt="none" fw={550} className={styles.badge} tabIndex={0}>
            Read only
          </Badge>
        </Tooltip>
      )}
      {status}
    </PageHeader>
  )
}

function ControlItems({ controls }: { controls: EditorControls }) {
  return (
    <>
      <Menu.Item leftSection={<IconListTree size={16} />} onClick={controls.toggleOutline}>
        {controls.outlineShown ? "Hide outline" : "Show outline"}
      </Menu.Item>
      <Menu.Item leftSection={<IconSearch size={16} />} rightSection={<Keys keys={`${commandKey} F`} />} onClick={controls.find}>
        Find in document
      </Menu.Item>
      <Menu.Item leftSection={<IconKeyboard size={16} />} rightSection={<Keys keys={`${commandKey} /`} />} onClick={controls.showShortcuts}>
        Keyboard shortcuts
      </Menu.Item>
      <Menu.Divider />
    </>
  )
}

const Keys = ({ keys }: { keys: string }) => <span className={styles.keys}>{keys}</span>

/** Workspace, the documents above, this one. A narrow window keeps the last. */
function Breadcrumb({ document, title }: { document: Document; title: string }) {
  const workspace = useWorkspace(document.workspace)
  const { tree } = useDocumentTree(workspace?.id)
  const above = ancestorsOf(tree, document.id)
  return (
    <nav aria-label="Where this document stands" className={styles.way}>
      <ol>
        {workspace && (
          <li className={styles.above}>
            <Link href={routes.workspace(workspace.id)}>{workspace.name}</Link>
          </li>
        )}
        {above.map((each) => (
          <li key={each.id} className={styles.above}>
            <Link href={routes.document(each.id)}>{titleOf(each)}</Link>
          </li>
        ))}
        <li aria-current="page" className={styles.here}>
          {titleOf({ title })}
        </li>
      </ol>
    </nav>
  )
}
