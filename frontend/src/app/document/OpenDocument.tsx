import { useLocation } from "wouter"
import type { Document } from "../../api/types"
import { routes } from "../routes"
import { titleOf } from "../tree/model"
import { usePageTitle } from "../usePageTitle"
import { DocumentHeader } from "./DocumentHeader"

export function OpenDocument({ document }: { document: Document }) {
  const [, navigate] = useLocation()
  usePageTitle(titleOf(document))
  return <DocumentHeader document={document} title={document.title} onTrashed={() => navigate(routes.workspace(document.workspace))} />
}
