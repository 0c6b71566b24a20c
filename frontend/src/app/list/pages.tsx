import { Button } from "@mantine/core"
import { IconClock, IconFilePlus, IconPlus, IconStar, IconUsers } from "@tabler/icons-react"
import { useCallback, useEffect, useMemo } from "react"
import { Redirect } from "wouter"
import type { Document } from "../../api/types"
import { useDocumentList, useDocumentTree, useSignedIn, useWorkspaceOfPage } from "../data/queries"
import { useRememberedWorkspace } from "../remembered"
import { routes } from "../routes"
import { Notice } from "../shell/Notice"
import { useShell } from "../shell/ShellContext"
import { ancestorsOf, counted, titleOf } from "../tree/model"
import { Waiting } from "../Waiting"
import { DocumentTable } from "./DocumentTable"
import { ListPage } from "./ListPage"

/** Across workspaces the place of a document is the workspace; one that is only shared with us has none we know. */
export function usePlaces(): (document: Document) => string {
  const { workspaces } = useSignedIn()
  return useCallback(
    (document) => workspaces.find(({ id }) => id === document.workspace)?.name ?? `Shared by ${document.created_by?.name ?? "someone"}`,
    [workspaces],
  )
}

export function WorkspacePage({ id }: { id: string }) {
  const { workspace, asking } = useWorkspaceOfPage(id)
  const [, remember] = useRememberedWorkspace()
  useEffect(() => {
    if (workspace) remember(id)
  }, [workspace, id, remember])
  const { tree, ...query } = useDocumentTree(workspace?.id)
  const { newDocument, mayCreate } = useShell()
  const placeOf = useCallback((document: Document) => ancestorsOf(tree, document.id).map(titleOf).join(" / "), [tree])
  const freshest = useMemo(() => query.data?.toSorted((a, b) => b.updated_at.localeCompare(a.updated_at)), [query.data])
  if (asking) return <Waiting />
  if (!workspace) return <Redirect to={routes.home} replace />

  const count = freshest?.length ?? 0
  return (
    <ListPage
      title={workspace.name}
      about={workspace.suspended ? "This workspace is suspended: its documents can be read, not changed." : count ? counted(count) : undefined}
      query={{ ...query, data: freshest }}
      tools={
        mayCreate && (
          <Button leftSection={<IconPlus size={16} />} onClick={newDocument}>
            New document
          </Button>
        )
      }
      empty={
        <Notice icon={IconFilePlus} title="Nothing written yet" action={mayCreate ? { label: "Write the first document", onClick: newDocument } : undefined}>
          {workspace.personal ? "What you write here is yours alone until you share it." : "What the members of this workspace write is listed here."}
        </Notice>
      }
    >
      {(documents) => <DocumentTable label={`Documents in ${workspace.name}`} documents={documents} placeOf={placeOf} />}
    </ListPage>
  )
}

export function RecentPage() {
  const placeOf = usePlaces()
  return (
    <ListPage
      title="Recent"
      about="What you opened last"
      query={useDocumentList("recent")}
      empty={
        <Notice icon={IconClock} title="Nothing opened yet">
          Documents you open appear here, the last one first.
        </Notice>
      }
    >
      {(documents) => <DocumentTable label="Recently opened documents" documents={documents} placeOf={placeOf} />}
    </ListPage>
  )
}

export function FavouritesPage() {
  const placeOf = usePlaces()
  return (
    <ListPage
      title="Favourites"
      query={useDocumentList("favourite")}
      empty={
        <Notice icon={IconStar} title="No favourites yet">
          Press the star of a document to keep it at hand, here and in the sidebar.
        </Notice>
      }
    >
      {(documents) => <DocumentTable label="Favourite documents" documents={documents} placeOf={placeOf} />}
    </ListPage>
  )
}

export function SharedPage() {
  const placeOf = usePlaces()
  return (
    <ListPage
      title="Shared with me"
      about="Documents that people gave you access to"
      query={useDocumentList("shared")}
      empty={
        <Notice icon={IconUsers} title="Nothing shared with you yet">
          When someone shares a single document with you, you find it here.
        </Notice>
      }
    >
      {(documents) => <DocumentTable label="Documents shared with you" documents={documents} placeOf={placeOf} />}
    </ListPage>
  )
}
