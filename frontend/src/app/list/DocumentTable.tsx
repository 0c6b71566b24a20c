import { ActionIcon, Menu, Skeleton, Tooltip } from "@mantine/core"
import { IconDots, IconFileText, IconStar, IconStarFilled } from "@tabler/icons-react"
import type { ReactNode } from "react"
import { Link } from "wouter"
import type { Document } from "../../api/types"
import { useDocumentActions } from "../data/actions"
import { DocumentMenuItems } from "../dialogs/DocumentMenuItems"
import { isHere, useKept } from "../offline/kept"
import { OfflineMark } from "../offline/OfflineMark"
import { useOffline } from "../offline/reach"
import { routes } from "../routes"
import { titleOf } from "../tree/model"
import { ago, exactly } from "../when"
import styles from "./DocumentTable.module.css"

interface Props {
  label: string
  documents: readonly Document[]
  /** Where each stands: a parent's path or a workspace. */
  placeOf(document: Document): string
  /** Instead of star and menu. */
  toolsFor?: (document: Document) => ReactNode
  /** The time that matters in this list. */
  when?: { heading: string; of(document: Document): string }
}

const edited = { heading: "Edited", of: (document: Document) => document.updated_at }

/** Documents as rows: a table where there is room, two lines a row on a phone. */
export function DocumentTable({ label, documents, placeOf, toolsFor, when = edited }: Props) {
  const offline = useOffline()
  const kept = useKept(offline)
  return (
    <table className={styles.table} aria-label={label}>
      <thead className={styles.head}>
        <tr>
          <th scope="col">Title</th>
          <th scope="col" className={styles.by}>
            Created by
          </th>
          <th scope="col" className={styles.when}>
            {when.heading}
          </th>
          <th scope="col" className={styles.tools} data-wide={toolsFor !== undefined || undefined}>
            <span className={styles.unseen}>Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {documents.map((document) => (
          <tr key={document.id} className={styles.row} data-away={(offline && !isHere(kept, document.id)) || undefined}>
            <td>
              <div className={styles.name}>
                <IconFileText size={19} stroke={1.5} className={styles.icon} aria-hidden />
                <div className={styles.lines}>
                  <Link href={routes.document(document.id)} className={styles.title}>
                    {titleOf(document)}
                    {offline && <OfflineMark here={isHere(kept, document.id)} />}
                  </Link>
                  <span className={styles.place}>
                    <span className={styles.briefly}>
                      {ago(when.of(document))}
                      {placeOf(document) && " · "}
                    </span>
                    {placeOf(document)}
                  </span>
                </div>
              </div>
            </td>
            <td className={styles.by}>{document.created_by?.name ?? "—"}</td>
            <td className={styles.when}>
              <time dateTime={when.of(document)} title={exactly(when.of(document))}>
                {ago(when.of(document))}
              </time>
            </td>
            <td className={styles.tools} data-wide={toolsFor !== undefined || undefined}>
              <div className={styles.buttons}>{toolsFor ? toolsFor(document) : <RowTools document={document} />}</div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function RowTools({ document }: { document: Document }) {
  const { favourite } = useDocumentActions()
  const offline = useOffline()
  const label = document.favourite ? "Remove from favourites" : "Add to favourites"
  return (
    <>
      <Tooltip label={label}>
        <ActionIcon
          aria-label={`${label}: ${titleOf(document)}`}
          aria-pressed={document.favourite}
          className={styles.star}
          data-on={document.favourite || undefined}
          disabled={offline}
          onClick={() => void favourite(document, !document.favourite)}
        >
          {document.favourite ? <IconStarFilled size={17} /> : <IconStar size={17} stroke={1.6} />}
        </ActionIcon>
      </Tooltip>
      <Menu position="bottom-end" width={232}>
        <Menu.Target>
          <ActionIcon aria-label={`Menu of ${titleOf(document)}`}>
            <IconDots size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <DocumentMenuItems document={document} />
        </Menu.Dropdown>
      </Menu>
    </>
  )
}

/** As tall as the rows it stands for, so nothing jumps when they come. */
export function DocumentTableSkeleton() {
  return (
    <div aria-busy="true" aria-label="Loading documents" role="status" className={styles.skeleton}>
      {["46%", "31%", "57%", "38%", "50%", "28%"].map((width) => (
        <div key={width} className={styles.skeletonRow}>
          <Skeleton height={20} width={20} radius="sm" />
          <Skeleton height={13} width={width} />
        </div>
      ))}
    </div>
  )
}
