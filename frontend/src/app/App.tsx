import { MantineProvider } from "@mantine/core"
import { ModalsProvider } from "@mantine/modals"
import { Notifications } from "@mantine/notifications"
import { QueryClientProvider } from "@tanstack/react-query"
import { IconCloudOff, IconError404 } from "@tabler/icons-react"
import { lazy, Suspense, useEffect } from "react"
import { Redirect, Route, Switch } from "wouter"
import { ApiError, explain } from "../api/errors"
import { theme, tokensForMantine } from "../design/theme"
import { lastUser, rememberUser } from "../local/lastUser"
import { queries } from "./data/client"
import { useLiveUpdates } from "./data/live"
import { useMe } from "./data/queries"
import { FavouritesPage, RecentPage, SharedPage, WorkspacePage } from "./list/pages"
import { TrashPage } from "./list/TrashPage"
import { keepQueries } from "./offline/keptQueries"
import { openLocal } from "./offline/local"
import { useOffline } from "./offline/reach"
import { useCurrentWorkspace } from "./remembered"
import { routes } from "./routes"
import { WorkspaceSettings } from "./settings/WorkspaceSettings"
import { Notice } from "./shell/Notice"
import { PageHeader } from "./shell/PageHeader"
import { Shell } from "./shell/Shell"
import { Waiting } from "./Waiting"

/** The editor, Yjs and the provider are most of the code, and lists need none of it. */
const loadDocumentPage = () => import("./document/DocumentPage")
const DocumentPage = lazy(loadDocumentPage)

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <MantineProvider theme={theme} cssVariablesResolver={tokensForMantine} defaultColorScheme="auto">
        <ModalsProvider modalProps={{ closeButtonProps: { "aria-label": "Close" } }}>
          <Notifications position="bottom-center" autoClose={4000} limit={3} />
          <Pages />
        </ModalsProvider>
      </MantineProvider>
    </QueryClientProvider>
  )
}

function Pages() {
  const me = useMe()
  useLiveUpdates(me.data?.user.id)
  useLocalCopies(me.data?.user.id)
  const signedIn = me.data !== undefined
  const offline = useOffline()
  useEffect(() => {
    // Fetched while nobody waits for it, so that the first document opens as fast as the second.
    if (signedIn) whenIdle(() => void loadDocumentPage().catch(() => undefined))
  }, [signedIn])
  if (me.data) {
    return (
      <Shell>
        <Switch>
          <Route path="/">{() => <Home />}</Route>
          <Route path="/w/:id">{({ id }) => <WorkspacePage key={id} id={id} />}</Route>
          <Route path="/d/:id">
            {({ id }) => (
              <Suspense fallback={<Waiting />}>
                <DocumentPage key={id} id={id} />
              </Suspense>
            )}
          </Route>
          <Route path="/recent">{() => <RecentPage />}</Route>
          <Route path="/favourites">{() => <FavouritesPage />}</Route>
          <Route path="/shared">{() => <SharedPage />}</Route>
          <Route path="/trash">{() => <TrashPage />}</Route>
          <Route path="/settings/workspace/:id">{({ id }) => <WorkspaceSettings id={id} />}</Route>
          <Route>
            {() => (
              <>
                <PageHeader />
                <Notice icon={IconError404} title="There is no such page" action={{ label: "To your documents", href: routes.home }} />
              </>
            )}
          </Route>
        </Switch>
      </Shell>
    )
  }
  if (offline && me.error) {
    return (
      <Notice icon={IconCloudOff} title="You are offline" action={{ label: "Try again", onClick: () => void me.refetch() }}>
        Nobody’s documents are kept in this browser. Sign in when Weft can be reached.
      </Notice>
    )
  }
  // Being signed out shows nothing of its own: the sign-in page is on its way.
  if (me.error && !(me.error instanceof ApiError && me.error.signedOut)) {
    return (
      <Notice icon={IconCloudOff} title="Weft could not be loaded" action={{ label: "Try again", onClick: () => void me.refetch() }}>
        {explain(me.error)}
      </Notice>
    )
  }
  return <Waiting whole />
}

/** The lists are kept as they change; and a page made for somebody else, or for nobody, becomes that of who is signed in. */
function useLocalCopies(user: number | undefined): void {
  useEffect(() => {
    if (user === undefined) return
    const shownOf = lastUser()
    rememberUser(user)
    if (shownOf !== null && shownOf !== user) {
      location.reload()
      return
    }
    const database = openLocal(user)
    return keepQueries(queries, database)
  }, [user])
}

function Home() {
  const { data } = useMe()
  const workspace = useCurrentWorkspace(data?.workspaces ?? [])
  return workspace ? <Redirect to={routes.workspace(workspace.id)} replace /> : null
}

/** Safari has no word for it. */
const whenIdle = (act: () => void): unknown => (typeof requestIdleCallback === "function" ? requestIdleCallback(act) : setTimeout(act, 1500))
