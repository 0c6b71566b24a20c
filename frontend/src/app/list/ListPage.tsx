import { TextInput } from "@mantine/core"
import { IconCloudOff, IconFilter, IconSearchOff } from "@tabler/icons-react"
import { type ReactNode, useDeferredValue, useState } from "react"
import { explain } from "../../api/errors"
import type { Document } from "../../api/types"
import { useOffline } from "../offline/reach"
import { fold } from "../search/terms"
import { Notice } from "../shell/Notice"
import { PageHeader } from "../shell/PageHeader"
import { titleOf } from "../tree/model"
import { usePageTitle } from "../usePageTitle"
import { DocumentTableSkeleton } from "./DocumentTable"
import { Gradually } from "./Gradually"
import styles from "./ListPage.module.css"

interface Props {
  title: string
  about?: string
  query: { data: Document[] | undefined; error: unknown; isPending: boolean; refetch(): unknown }
  /** Shown instead of the list while there is nothing in it. */
  empty: ReactNode
  tools?: ReactNode
  children(documents: Document[]): ReactNode
}

/** A page with one list: its heading, the box that narrows it down, and its four states (coming, failed, empty, there). */
export function ListPage({ title, about, query, empty, tools, children }: Props) {
  usePageTitle(title)
  const [filter, setFilter] = useState("")
  const offline = useOffline()
  const wanted = useDeferredValue(fold(filter.trim()))
  const all = query.data ?? []
  const shown = wanted ? all.filter((document) => fold(titleOf(document)).includes(wanted)) : all

  return (
    <>
      <PageHeader />
      <div className={styles.page}>
        <div className={styles.heading}>
          <div>
            <h1 className={styles.title}>{title}</h1>
            {about && <p className={styles.about}>{about}</p>}
          </div>
          <div className={styles.tools}>
            {all.length > 5 && (
              <TextInput
                type="search"
                aria-label="Narrow the list down by title"
                placeholder="Filter by title"
                leftSection={<IconFilter size={15} aria-hidden />}
                value={filter}
                onChange={(event) => setFilter(event.currentTarget.value)}
                className={styles.filter}
              />
            )}
            {tools}
          </div>
        </div>
        {query.isPending ? (
          <DocumentTableSkeleton />
        ) : query.error && !query.data && offline ? (
          <Notice icon={IconCloudOff} title="This list isn’t in this browser">
            You are offline. It comes by itself when Weft can be reached.
          </Notice>
        ) : query.error && !query.data ? (
          <Notice icon={IconCloudOff} title="This list could not be loaded" action={{ label: "Try again", onClick: () => void query.refetch() }}>
            {explain(query.error)}
          </Notice>
        ) : all.length === 0 ? (
          empty
        ) : shown.length === 0 ? (
          <Notice icon={IconSearchOff} title="No title has that in it" action={{ label: "Show all", onClick: () => setFilter("") }} />
        ) : (
          <Gradually key={wanted} items={shown}>
            {children}
          </Gradually>
        )}
      </div>
    </>
  )
}
