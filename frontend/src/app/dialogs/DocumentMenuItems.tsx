import { Menu } from "@mantine/core"
import {
  IconArrowsMove,
  IconCloudDown,
  IconCloudX,
  IconCopy,
  IconDownload,
  IconExternalLink,
  IconLink,
  IconPencil,
  IconStar,
  IconStarOff,
  IconTrash,
  IconUserPlus,
} from "@tabler/icons-react"
import { useQueryClient } from "@tanstack/react-query"
import { useLocation } from "wouter"
import type { Document } from "../../api/types"
import { useDocumentActions } from "../data/actions"
import { useKept } from "../offline/kept"
import { keepOffline } from "../offline/keepOffline"
import { useOffline } from "../offline/reach"
import { mayArrange, mayEdit } from "../rights"
import { routes } from "../routes"
import { copyLink } from "./clipboard"
import { openExport, openMove, openRename, openShare } from "./open"

interface Props {
  document: Document
  /** Called when the document has left for the trash, by whoever is showing it. */
  onTrashed?(): void
}

/**
 * Everything one can do to a document, the same in the tree, in lists and on its own page. What needs the server rests
 * while it can't be reached.
 */
export function DocumentMenuItems({ document, onTrashed }: Props) {
  const actions = useDocumentActions()
  const [, navigate] = useLocation()
  const client = useQueryClient()
  const offline = useOffline()
  const stays = useKept(true).get(document.id)?.keepOffline === true
  const arrange = mayArrange(document)
  const trash = async () => {
    if (await actions.trash(document)) onTrashed?.()
  }
  const duplicate = async () => {
    const copy = await actions.duplicate(document)
    if (copy) navigate(routes.document(copy.id))
  }

  return (
    <>
      {offline && <Menu.Label>Offline: most of this has to wait</Menu.Label>}
      <Menu.Item
        disabled={offline}
        leftSection={document.favourite ? <IconStarOff size={16} /> : <IconStar size={16} />}
        onClick={() => void actions.favourite(document, !document.favourite)}
      >
        {document.favourite ? "Remove from favourites" : "Add to favourites"}
      </Menu.Item>
      {document.trashed_at === null && (
        <Menu.Item disabled={offline} leftSection={<IconUserPlus size={16} />} onClick={() => openShare(document.id)}>
          Share…
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconLink size={16} />} onClick={() => void copyLink(document.id)}>
        Copy link
      </Menu.Item>
      <Menu.Item component="a" href={routes.document(document.id)} target="_blank" leftSection={<IconExternalLink size={16} />}>
        Open in a new tab
      </Menu.Item>
      {document.trashed_at === null && (
        <Menu.Item
          leftSection={stays ? <IconCloudX size={16} /> : <IconCloudDown size={16} />}
          onClick={() => void keepOffline(client, document, !stays)}
        >
          {stays ? "Don’t keep offline" : "Keep offline"}
        </Menu.Item>
      )}
      <Menu.Divider />
      {mayEdit(document) && (
        <Menu.Item disabled={offline} leftSection={<IconPencil size={16} />} onClick={() => openRename(document)}>
          Rename…
        </Menu.Item>
      )}
      <Menu.Item disabled={offline} leftSection={<IconCopy size={16} />} onClick={() => void duplicate()}>
        Duplicate
      </Menu.Item>
      {arrange && (
        <Menu.Item disabled={offline} leftSection={<IconArrowsMove size={16} />} onClick={() => openMove(document)}>
          Move to…
        </Menu.Item>
      )}
      <Menu.Item disabled={offline} leftSection={<IconDownload size={16} />} onClick={() => openExport(document)}>
        Export…
      </Menu.Item>
      {arrange && (
        <>
          <Menu.Divider />
          <Menu.Item disabled={offline} color="var(--weft-danger)" leftSection={<IconTrash size={16} />} onClick={() => void trash()}>
            Move to trash
          </Menu.Item>
        </>
      )}
    </>
  )
}
