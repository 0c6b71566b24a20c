import { ActionIcon, Tooltip, UnstyledButton, VisuallyHidden } from "@mantine/core"
import { IconBell, IconExternalLink, IconMail, IconMailOpened, IconTrash } from "@tabler/icons-react"
import { Link } from "wouter"
import type { Notification } from "../../api/types"
import { Face } from "../people/Face"
import { ago, exactly } from "../when"
import styles from "./Inbox.module.css"
import { anchorProps, targetOf } from "./links"

interface Props {
  notification: Notification
  /** It was read, and the page it leads to is on its way. */
  onOpen(): void
  onMark(read: boolean): void
  onRemove(): void
}

export function NotificationRow({ notification, onOpen, onMark, onRemove }: Props) {
  const { id, title, body, actor, created_at, read_at } = notification
  const target = targetOf(notification)
  const unread = read_at === null
  const content = (
    <>
      <span className={styles.face}>
        {actor ? (
          <Face person={actor} size={30} />
        ) : (
          <span className={styles.sign} aria-hidden>
            <IconBell size={16} stroke={1.7} />
          </span>
        )}
      </span>
      <span className={styles.text}>
        {unread && <VisuallyHidden>Unread: </VisuallyHidden>}
        <span className={styles.title}>
          {title}
          {target?.kind === "web" && <IconExternalLink size={13} className={styles.external} aria-label="opens in a new tab" />}
        </span>
        {body && <span className={styles.body}>{body}</span>}
        <time className={styles.time} dateTime={created_at} title={exactly(created_at)}>
          {ago(created_at)}
        </time>
      </span>
    </>
  )
  const row = { className: styles.open, "data-row": id }
  const mark = unread ? "Mark as read" : "Mark as unread"
  return (
    <li className={styles.row} data-unread={unread || undefined}>
      {target?.kind === "page" ? (
        <Link href={target.href} {...row} onClick={onOpen}>
          {content}
        </Link>
      ) : target ? (
        <a {...anchorProps(target)} {...row} onClick={onOpen}>
          {content}
        </a>
      ) : (
        <UnstyledButton {...row} onClick={() => unread && onMark(true)}>
          {content}
        </UnstyledButton>
      )}
      <span className={styles.deeds}>
        <Tooltip label={mark}>
          <ActionIcon size={28} aria-label={`${mark}: ${title}`} onClick={() => onMark(unread)}>
            {unread ? <IconMailOpened size={16} stroke={1.6} /> : <IconMail size={16} stroke={1.6} />}
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Delete">
          <ActionIcon size={28} aria-label={`Delete: ${title}`} onClick={onRemove}>
            <IconTrash size={16} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </span>
    </li>
  )
}
