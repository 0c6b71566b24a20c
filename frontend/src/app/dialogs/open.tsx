import { modals } from "@mantine/modals"
import type { Document, Workspace } from "../../api/types"
import { titleOf } from "../tree/model"
import { ExportDialog } from "./ExportDialog"
import { MoveDialog } from "./MoveDialog"
import { RenameDialog } from "./RenameDialog"
import { ShareDialog } from "./ShareDialog"
import { CreateWorkspaceDialog } from "./CreateWorkspaceDialog"
import { DeleteWorkspaceDialog } from "./DeleteWorkspaceDialog"

/** Dialogs, opened from anywhere below the providers. Each closes itself. */

export const openRename = (document: Document) => {
  const id = `rename-${document.id}`
  modals.open({ modalId: id, title: "Rename", size: "sm", children: <RenameDialog document={document} onDone={() => modals.close(id)} /> })
}

export const openMove = (document: Document) => {
  const id = `move-${document.id}`
  modals.open({
    modalId: id,
    title: `Move “${titleOf(document)}”`,
    size: "md",
    children: <MoveDialog document={document} onDone={() => modals.close(id)} />,
  })
}

export const openShare = (document: string) =>
  modals.open({ modalId: `share-${document}`, title: "Share", size: "lg", children: <ShareDialog id={document} onDone={() => modals.close(`share-${document}`)} /> })

export const openExport = (document: Document) =>
  modals.open({ modalId: `export-${document.id}`, title: `Export “${titleOf(document)}”`, size: "md", children: <ExportDialog id={document.id} /> })

export const openCreateWorkspace = () => {
  const id = "create-workspace"
  modals.open({ modalId: id, title: "New workspace", size: "sm", children: <CreateWorkspaceDialog onDone={() => modals.close(id)} /> })
}

export const openDeleteWorkspace = (workspace: Workspace) => {
  const id = `delete-${workspace.id}`
  modals.open({
    modalId: id,
    title: "Delete this workspace?",
    size: "md",
    children: <DeleteWorkspaceDialog workspace={workspace} onDone={() => modals.close(id)} />,
  })
}
