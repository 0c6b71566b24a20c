import { createSpotlight, Spotlight, type SpotlightActionData } from "@mantine/spotlight"
import { useDebouncedValue } from "@mantine/hooks"
import { IconClock, IconFileText, IconPlus, IconSearch, IconStar, IconTrash, IconUsers } from "@tabler/icons-react"
import { useMemo, useState } from "react"
import { useLocation } from "wouter"
import type { Document } from "../../api/types"
import { useDocumentList, useDocumentSearch, useDocumentTree, useSignedIn } from "../data/queries"
import { routes } from "../routes"
import { ancestorsOf, titleOf } from "../tree/model"
import { rank } from "./rank"
import { useShell } from "./ShellContext"

const [store, spotlight] = createSpotlight()

export const openQuickSwitcher = () => spotlight.open()

const SHOWN = 12

/**
 * Any document by a few letters of its name (Ctrl or ⌘ K). The workspace at hand answers while typing, the server adds what
 * other workspaces and shares hold.
 */
export function QuickSwitcher() {
  const [, navigate] = useLocation()
  const { workspaces } = useSignedIn()
  const { workspace, newDocument, mayCreate } = useShell()
  const [query, setQuery] = useState("")
  const [asked] = useDebouncedValue(query.trim(), 180)
  const { tree } = useDocumentTree(workspace.id)
  const recent = useDocumentList("recent")
  const found = useDocumentSearch(asked)

  const documents = useMemo(() => {
    const wanted = query.trim()
    if (!wanted) return (recent.data ?? []).slice(0, SHOWN)
    // While the next answer is on its way, the last one's finds say nothing about what is typed now.
    const fresh = found.isPlaceholderData ? [] : (found.data ?? [])
    return rank([...tree.byId.values()], fresh, wanted).slice(0, SHOWN)
  }, [query, recent.data, tree, found.data, found.isPlaceholderData])

  const place = (document: Document): string => {
    const home = workspaces.find(({ id }) => id === document.workspace)?.name ?? "Shared with me"
    return [home, ...ancestorsOf(tree, document.id).map(titleOf)].join(" / ")
  }
  const open = (document: Document): SpotlightActionData => ({
    id: document.id,
    label: titleOf(document),
    description: place(document),
    onClick: () => navigate(routes.document(document.id)),
    leftSection: <IconFileText size={20} stroke={1.5} aria-hidden />,
  })
  const pages: SpotlightActionData[] = [
    ...(mayCreate ? [{ id: "new", label: "New document", onClick: newDocument, leftSection: <IconPlus size={20} stroke={1.5} /> }] : []),
    { id: "recent", label: "Recent", onClick: () => navigate(routes.recent), leftSection: <IconClock size={20} stroke={1.5} /> },
    { id: "favourites", label: "Favourites", onClick: () => navigate(routes.favourites), leftSection: <IconStar size={20} stroke={1.5} /> },
    { id: "shared", label: "Shared with me", onClick: () => navigate(routes.shared), leftSection: <IconUsers size={20} stroke={1.5} /> },
    { id: "trash", label: "Trash", onClick: () => navigate(routes.trash), leftSection: <IconTrash size={20} stroke={1.5} /> },
  ]
  const wanted = query.trim().toLocaleLowerCase()

  return (
    <Spotlight
      store={store}
      shortcut={["mod + K"]}
      query={query}
      onQueryChange={setQuery}
      // What fits was decided above, the server's finds by content among it.
      filter={(_, actions) => actions}
      actions={[
        { group: wanted ? "Documents" : "Recently opened", actions: documents.map(open) },
        { group: "Go to", actions: pages.filter(({ label }) => label?.toLocaleLowerCase().includes(wanted)) },
      ].filter(({ actions }) => actions.length > 0)}
      nothingFound={found.isFetching ? "Looking…" : "No document has that name or says that"}
      searchProps={{ placeholder: "Find a document", "aria-label": "Find a document", leftSection: <IconSearch size={18} aria-hidden /> }}
      attributes={{ content: { "aria-label": "Find a document" } }}
      centered={false}
      yOffset="14vh"
      scrollable
      maxHeight={440}
      radius="lg"
      shadow="lg"
    />
  )
}
