import { Button } from "@mantine/core"
import { IconTrash } from "@tabler/icons-react"
import type { Document } from "../../api/types"
import { useDocumentActions } from "../data/actions"
import { mayRestore } from "../rights"
import { NoticeBar } from "./NoticeBar"

/** Whoever could restore a document may still read it in the trash. */
export function TrashedNotice({ document }: { document: Document }) {
  const actions = useDocumentActions()
  return (
    <NoticeBar icon={IconTrash} title="This document is in the trash" message="Nobody can change it until it is restored.">
      {mayRestore(document) && (
        <Button size="xs" onClick={() => void actions.restore(document)}>
          Restore it
        </Button>
      )}
    </NoticeBar>
  )
}
