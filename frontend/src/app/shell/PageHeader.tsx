import { ActionIcon, Tooltip } from "@mantine/core"
import { IconLayoutSidebarLeftExpand } from "@tabler/icons-react"
import type { ReactNode } from "react"
import { Bell } from "../inbox/Bell"
import styles from "./PageHeader.module.css"
import { useShell } from "./ShellContext"

/** The bar at the top of every page; it holds the way back to a hidden sidebar, and what must not hide with it. */
export function PageHeader({ children, tools }: { children?: ReactNode; tools?: ReactNode }) {
  const { sidebarHidden, showSidebar, narrow } = useShell()
  return (
    <header className={styles.header}>
      {sidebarHidden && (
        <>
          <Tooltip label="Show the sidebar">
            <ActionIcon aria-label="Show the sidebar" onClick={showSidebar} size={34}>
              <IconLayoutSidebarLeftExpand size={19} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
          <Bell narrow={narrow} size={34} />
        </>
      )}
      <div className={styles.content}>{children}</div>
      {tools && <div className={styles.tools}>{tools}</div>}
    </header>
  )
}
