import { Button, Skeleton } from "@mantine/core"
import { IconCloudOff } from "@tabler/icons-react"
import { Link } from "wouter"
import { explain } from "../../api/errors"
import type { Activity } from "../../api/types"
import { useWorkspaceActivity, useWorkspaceMembers } from "../data/queries"
import { Face } from "../people/Face"
import { routes } from "../routes"
import { Notice } from "../shell/Notice"
import { ago, exactly } from "../when"
import { deedOf } from "./activity"
import styles from "./ActivityList.module.css"

/** Who did what in a workspace, newest first, a page at a time. */
export function ActivityList({ workspace }: { workspace: string }) {
  const activity = useWorkspaceActivity(workspace)
  const members = useWorkspaceMembers(workspace)
  const colors = new Map(members.data?.map(({ user }) => [user.id, user.color]))
  if (activity.isPending) {
    return (
      <div role="status" aria-busy="true" aria-label="Loading the activity">
        {["62%", "48%", "55%"].map((width) => (
          <Skeleton key={width} height={14} width={width} my={16} />
        ))}
      </div>
    )
  }
  if (activity.error && !activity.data) {
    return (
      <Notice icon={IconCloudOff} title="The activity could not be loaded" action={{ label: "Try again", onClick: () => void activity.refetch() }}>
        {explain(activity.error)}
      </Notice>
    )
  }
  const entries = activity.data.pages.flatMap((page) => page.items)
  if (entries.length === 0) return <p className={styles.empty}>Nothing yet. What people do here will show up in this place.</p>
  return (
    <>
      <ol className={styles.list} aria-label="Activity">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} color={entry.actor ? colors.get(entry.actor.id) : undefined} />
        ))}
      </ol>
      {activity.hasNextPage && (
        <Button variant="default" size="compact-md" loading={activity.isFetchingNextPage} onClick={() => void activity.fetchNextPage()}>
          {activity.isFetchNextPageError ? "That did not work. Try again" : "Show earlier"}
        </Button>
      )}
    </>
  )
}

function Entry({ entry, color }: { entry: Activity; color: string | undefined }) {
  const { before, document, after } = deedOf(entry)
  const actor = entry.actor?.name ?? "An operator"
  return (
    <li className={styles.entry}>
      <Face person={{ name: actor, color }} size={26} />
      <span className={styles.words}>
        <strong className={styles.who}>{actor}</strong> {before}
        {document && " "}
        {document &&
          (document.id === null ? (
            <em className={styles.gone}>{document.title}</em>
          ) : (
            <Link href={routes.document(document.id)} className={styles.document}>
              {document.title}
            </Link>
          ))}
        {after && ` ${after}`}
        <time className={styles.when} dateTime={entry.at} title={exactly(entry.at)}>
          {ago(entry.at)}
        </time>
      </span>
    </li>
  )
}
