import { Drawer, VisuallyHidden } from "@mantine/core"
import { useDisclosure, useMediaQuery } from "@mantine/hooks"
import { type ReactNode, useCallback, useEffect, useMemo, useRef } from "react"
import { useLocation } from "wouter"
import { isAtLeast } from "../../api/types"
import { useDocumentActions } from "../data/actions"
import { useSignedIn } from "../data/queries"
import { Bars } from "../offline/Bars"
import { useOffline } from "../offline/reach"
import { useCurrentWorkspace, useSidebarHidden } from "../remembered"
import { routes } from "../routes"
import { QuickSwitcher } from "./QuickSwitcher"
import styles from "./Shell.module.css"
import { ShellContext, type ShellContents } from "./ShellContext"
import { Sidebar } from "./Sidebar"

/** Sidebar and page, side by side; where the window is narrow the sidebar is a drawer. */
export function Shell({ children }: { children: ReactNode }) {
  const me = useSignedIn()
  const [location, navigate] = useLocation()
  const narrow = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false }) ?? false
  const [folded, setFolded] = useSidebarHidden()
  const [drawer, { open: openDrawer, close: closeDrawer }] = useDisclosure(false)
  const [finding, { open: find, close: endFinding }] = useDisclosure(false)
  const actions = useDocumentActions()
  const main = useRef<HTMLElement>(null)

  const workspace = useCurrentWorkspace(me.workspaces)
  // Documents are born on the server, which gives them their place and their rights.
  const offline = useOffline()
  const mayCreate = workspace !== undefined && !offline && isAtLeast(workspace.role, "editor") && !workspace.suspended

  const newDocument = useCallback(async () => {
    const created = await actions.create({ workspace: workspace?.id })
    if (created) navigate(routes.document(created.id))
  }, [actions, navigate, workspace?.id])

  // A new page is where reading goes on: without this the keyboard would stay in a sidebar that may have closed.
  const arrived = useRef(location)
  useEffect(() => {
    if (arrived.current === location) return
    arrived.current = location
    closeDrawer()
    main.current?.focus({ preventScroll: true })
  }, [location, closeDrawer])

  const contents = useMemo<ShellContents | null>(
    () =>
      workspace
        ? {
            workspace,
            mayCreate,
            newDocument: () => void newDocument(),
            find,
            sidebarHidden: narrow || folded,
            showSidebar: () => (narrow ? openDrawer() : setFolded(false)),
            narrow,
          }
        : null,
    [workspace, mayCreate, newDocument, find, narrow, folded, openDrawer, setFolded],
  )
  if (!contents) throw new Error("everyone has a personal workspace")

  return (
    <ShellContext value={contents}>
      <a href="#main" className={styles.skip} onClick={() => main.current?.focus()}>
        Skip to the page
      </a>
      <div className={styles.window}>
        <Bars />
        <div className={styles.shell}>
          {narrow ? (
            <Drawer
              opened={drawer}
              onClose={closeDrawer}
              size="19rem"
              padding={0}
              withCloseButton={false}
              title={<VisuallyHidden>Navigation</VisuallyHidden>}
              classNames={{ header: styles.noHeader, body: styles.drawer, content: styles.drawerContent }}
            >
              <Sidebar onHide={closeDrawer} onOpen={closeDrawer} />
            </Drawer>
          ) : (
            !folded && (
              <aside className={styles.sidebar}>
                <Sidebar onHide={() => setFolded(true)} onOpen={() => undefined} />
              </aside>
            )
          )}
          <main id="main" ref={main} tabIndex={-1} className={styles.main}>
            {children}
          </main>
        </div>
      </div>
      <QuickSwitcher opened={finding} onOpen={find} onClose={endFinding} />
    </ShellContext>
  )
}
