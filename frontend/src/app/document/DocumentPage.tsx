import { IconCloudOff } from "@tabler/icons-react"
import { useEffect, useState } from "react"
import { ApiError, explain } from "../../api/errors"
import { recordVisit } from "../../api/documents"
import { useDocument, useListedDocument } from "../data/queries"
import { useOffline } from "../offline/reach"
import { Notice } from "../shell/Notice"
import { PageHeader } from "../shell/PageHeader"
import { usePageTitle } from "../usePageTitle"
import { Waiting } from "../Waiting"
import { Lost } from "./Lost"
import { NotHere, OpenDocument } from "./OpenDocument"

/** One document, once we know that it is there for us. What can go wrong before that is shown here. */
export default function DocumentPage({ id }: { id: string }) {
  const query = useDocument(id)
  const offline = useOffline()
  const listed = useListedDocument(id)
  const document = query.data ?? (offline ? listed : undefined)
  const [openedAt] = useState(() => Date.now())
  const there = query.data !== undefined
  useEffect(() => {
    // A visit that isn't noted costs a line in "Recent"; nobody should be told.
    if (there) recordVisit(id).catch(() => undefined)
  }, [id, there])

  // What this browser remembers of a document that is none of ours any more is no reason to show it. One that was there a
  // moment ago stays: it says itself what happened, with what was written in it.
  const gone = query.error instanceof ApiError && query.error.notFound && query.dataUpdatedAt < openedAt
  if (document && !gone) return <OpenDocument document={document} />
  return (
    <>
      <PageHeader />
      {query.error ? <Absent id={id} error={query.error} onRetry={() => void query.refetch()} /> : <Waiting />}
    </>
  )
}

function Absent({ id, error, onRetry }: { id: string; error: Error; onRetry(): void }) {
  const gone = error instanceof ApiError && error.notFound
  const offline = useOffline()
  usePageTitle(gone ? "No such document" : "Not loaded")
  if (gone) return <Lost id={id} />
  if (offline) return <NotHere />
  return (
    <Notice icon={IconCloudOff} title="The document could not be loaded" action={{ label: "Try again", onClick: onRetry }}>
      {explain(error)}
    </Notice>
  )
}
