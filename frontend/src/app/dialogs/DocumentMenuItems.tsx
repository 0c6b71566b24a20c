import { Menu } from "@mantine/core"
import {
  IconArrowsMove,
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
import { useLocation } from "wouter"
import type { Document } from "../../api/types"
import { useDocumentActions } from "../data/actions"
import { mayArrange, mayEdit } from "../rights"
import { routes } from "../routes"
import { copyLink } from "./clipboard"
import { openExport, openMove, openRename, openShare } from "./open"

interface Props {
  document: Document
  /** Called when the document has left for the trash, by whoever is showing it. */
  onTrashed?(): void
}

/** Everything one can do to a document, the same in the tree, in lists and on its own page. */
export function DocumentMenuItems({ document, onTrashed }: Props) {
  const actions = useDocumentActions()
  const [, navigate] = useLocation()
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
      <Menu.Item
        leftSection={document.favourite ? <IconStarOff size={16} /> : <IconStar size={16} />}
        onClick={() => void actions.favourite(document, !document.favourite)}
      >
        {document.favourite ? "Remove from favourites" : "Add to favourites"}
      </Menu.Item>
      {document.trashed_at === null && (
        <Menu.Item leftSection={<IconUserPlus size={16} />} onClick={() => openShare(document.id)}>
          Share…
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconLink size={16} />} onClick={() => void copyLink(document.id)}>
        Copy link
      </Menu.Item>
      <Menu.Item component="a" href={routes.document(document.id)} target="_blank" leftSection={<IconExternalLink size={16} />}>
        Open in a new tab
      </Menu.Item>
      <Menu.Divider />
      {mayEdit(document) && (
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => openRename(document)}>
          Rename…
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => void duplicate()}>
        Duplicate
      </Menu.Item>
      {arrange && (
        <Menu.Item leftSection={<IconArrowsMove size={16} />} onClick={() => openMove(document)}>
          Move to…
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconDownload size={16} />} onClick={() => openExport(document)}>
        Export…
      </Menu.Item>
      {arrange && (
        <>
          <Menu.Divider />
          <Menu.Item color="var(--weft-danger)" leftSection={<IconTrash size={16} />} onClick={() => void trash()}>
            Move to trash
          </Menu.Item>
        </>
      )}
    </>
  )
}
