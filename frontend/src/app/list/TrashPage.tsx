import { ActionIcon, Button, Tooltip } from "@mantine/core"
import { IconArrowBackUp, IconTrash, IconTrashX } from "@tabler/icons-react"
import type { Document } from "../../api/types"
import { useDocumentActions } from "../data/actions"
import { useDocumentList } from "../data/queries"
import { askFirst } from "../dialogs/askFirst"
import { mayPurge } from "../rights"
import { Notice } from "../shell/Notice"
import { counted, titleOf } from "../tree/model"
import { DocumentTable } from "./DocumentTable"
import { ListPage } from "./ListPage"
import { usePlaces } from "./pages"

const trashed = { heading: "Trashed", of: (document: Document) => document.trashed_at ?? document.updated_at }

export function TrashPage() {
  const placeOf = usePlaces()
  const query = useDocumentList("trashed")
  return (
    <ListPage
      title="Trash"
      about="Documents stay here until you delete them for good."
      query={query}
      tools={query.data?.some(mayPurge) && <EmptyTrash documents={query.data} />}
      empty={
        <Notice icon={IconTrash} title="The trash is empty">
          Documents moved to the trash wait here and can be restored.
        </Notice>
      }
    >
      {(documents) => (
        <DocumentTable
          label="Documents in the trash"
          documents={documents}
          placeOf={placeOf}
          when={trashed}
          toolsFor={(document) => <TrashTools document={document} />}
        />
      )}
    </ListPage>
  )
}

function EmptyTrash({ documents }: { documents: readonly Document[] }) {
  const { emptyTrash } = useDocumentActions()
  const going = documents.filter(mayPurge).length
  const staying = documents.length - going
  const ask = () =>
    askFirst({
      title: "Empty the trash?",
      message: `${counted(going)} will be gone, with the whole history and what is below. This can’t be undone.${
        staying ? ` ${counted(staying)} will stay: only an admin may delete ${staying === 1 ? "it" : "them"} for good.` : ""
      }`,
      deed: "Delete for good",
      onConfirm: () => void emptyTrash(documents),
    })
  return (
    <Button variant="default" leftSection={<IconTrashX size={16} />} onClick={ask}>
      Empty trash
    </Button>
  )
}

function TrashTools({ document }: { document: Document }) {
  const { restore, purge } = useDocumentActions()
  const title = titleOf(document)
  const ask = () =>
    askFirst({
      title: "Delete for good?",
      message: `“${title}”, its whole history and the documents below it will be gone. This can’t be undone.`,
      deed: "Delete for good",
      onConfirm: () => void purge(document),
    })
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconArrowBackUp size={15} />}
        onClick={() => void restore(document)}
        aria-label={`Restore ${title}`}
      >
        Restore
      </Button>
      {mayPurge(document) && (
        <Tooltip label="Delete for good">
          <ActionIcon color="red" aria-label={`Delete ${title} for good`} onClick={ask}>
            <IconTrashX size={17} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      )}
    </>
  )
}
