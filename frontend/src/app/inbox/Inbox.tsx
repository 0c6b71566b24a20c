import { Button, Skeleton, UnstyledButton } from "@mantine/core"
import { IconBellOff, IconChecks, IconCloudOff } from "@tabler/icons-react"
import { type KeyboardEvent, type ReactNode, useRef } from "react"
import { explain } from "../../api/errors"
import { useInbox, useInboxActions } from "../data/inbox"
import { Notice } from "../shell/Notice"
import styles from "./Inbox.module.css"
import { NotificationRow } from "./NotificationRow"

/** What somebody was told, newest first. The arrow keys go through it, Delete removes. */
export function Inbox({ onLeave, tools }: { onLeave(): void; tools?: ReactNode }) {
  const inbox = useInbox()
  const actions = useInboxActions()
  const list = useRef<HTMLUListElement>(null)
  const notifications = inbox.data?.pages.flatMap(({ items }) => items) ?? []
  const newest = notifications[0]
  const unread = inbox.data?.pages[0]?.unread ?? 0

  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])]
  const remove = (id: string) => {
    const all = rows()
    const at = all.findIndex(({ dataset }) => dataset.row === id)
    // The keyboard goes on beside what is gone.
    const next = all[at + 1] ?? all[at - 1]
    if (list.current?.contains(document.activeElement)) (next ?? list.current.closest<HTMLElement>("[role=dialog]"))?.focus()
    void actions.remove(id)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const all = rows()
    const at = all.indexOf(document.activeElement as HTMLElement)
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }
    const step = steps[event.key]
    if (step !== undefined) {
      event.preventDefault()
      all[Math.min(Math.max(step, 0), all.length - 1)]?.focus()
    } else if (event.key === "Delete" && at >= 0) {
      event.preventDefault()
      remove(all[at]!.dataset.row!)
    }
  }

  return (
    <>
      <header className={styles.header}>
        <h2 className={styles.heading}>Notifications</h2>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconChecks size={15} aria-hidden />}
          // Not `disabled`, which would take the keyboard's place away just after it was pressed.
          aria-disabled={unread === 0}
          data-disabled={unread === 0 || undefined}
          onClick={() => unread > 0 && newest && void actions.markAll(newest.created_at)}
        >
          Mark all as read
        </Button>
        {tools}
      </header>
      <div className={styles.scroll}>
        {inbox.isPending ? (
          <div className={styles.loading} aria-label="Loading" role="status">
            {WIDTHS.map((width) => (
              <div key={width} className={styles.skeleton}>
                <Skeleton circle height={30} />
                <div>
                  <Skeleton height={11} width={width} my={5} />
                  <Skeleton height={9} width="35%" />
                </div>
              </div>
            ))}
          </div>
        ) : inbox.error && notifications.length === 0 ? (
          <Notice icon={IconCloudOff} title="This could not be loaded" action={{ label: "Try again", onClick: () => void inbox.refetch() }}>
            {explain(inbox.error)}
          </Notice>
        ) : notifications.length === 0 ? (
          <Notice icon={IconBellOff} title="Nothing new">
            When somebody shares a document with you or invites you, it says so here.
          </Notice>
        ) : (
          <>
            {/* The role because Safari forgets that a list without bullets is one. */}
            <ul ref={list} role="list" className={styles.list} onKeyDown={onKeyDown}>
              {notifications.map((notification) => (
                <NotificationRow
                  key={notification.id}
                  notification={notification}
                  onOpen={() => {
                    if (!notification.read_at) void actions.mark(notification.id, true)
                    onLeave()
                  }}
                  onMark={(read) => void actions.mark(notification.id, read)}
                  onRemove={() => remove(notification.id)}
                />
              ))}
            </ul>
            {inbox.hasNextPage && (
              <UnstyledButton className={styles.more} onClick={() => void inbox.fetchNextPage()} disabled={inbox.isFetchingNextPage}>
                {inbox.isFetchingNextPage ? "Loading…" : inbox.isFetchNextPageError ? "Could not be loaded. Try again" : "Show older ones"}
              </UnstyledButton>
            )}
          </>
        )}
      </div>
    </>
  )
}

const WIDTHS = ["72%", "58%", "80%", "64%"]
