import { IconCloudOff, IconFileUnknown } from "@tabler/icons-react"
import { useEffect } from "react"
import { ApiError, explain } from "../../api/errors"
import { recordVisit } from "../../api/documents"
import { useDocument } from "../data/queries"
import { routes } from "../routes"
import { Notice } from "../shell/Notice"
import { PageHeader } from "../shell/PageHeader"
import { usePageTitle } from "../usePageTitle"
import { Waiting } from "../Waiting"
import { OpenDocument } from "./OpenDocument"

/** One document, once we know that it is there for us. What can go wrong before that is shown here. */
export default function DocumentPage({ id }: { id: string }) {
  const query = useDocument(id)
  const there = query.data !== undefined
  useEffect(() => {
    // A visit that isn't noted costs a line in "Recent"; nobody should be told.
    if (there) recordVisit(id).catch(() => undefined)
  }, [id, there])

  if (query.data) return <OpenDocument document={query.data} />
  return (
    <>
      <PageHeader />
      {query.error ? <Absent error={query.error} onRetry={() => void query.refetch()} /> : <Waiting />}
    </>
  )
}

function Absent({ error, onRetry }: { error: Error; onRetry(): void }) {
  const gone = error instanceof ApiError && error.notFound
  usePageTitle(gone ? "No such document" : "Not loaded")
  return gone ? (
    <Notice icon={IconFileUnknown} title="There is no document here for you" action={{ label: "To your documents", href: routes.home }}>
      It may have been deleted, or nobody shared it with you. Ask the person who sent you the link.
    </Notice>
  ) : (
    <Notice icon={IconCloudOff} title="The document could not be loaded" action={{ label: "Try again", onClick: onRetry }}>
      {explain(error)}
    </Notice>
  )
}
