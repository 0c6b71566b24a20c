import { Button, Text } from "@mantine/core"
import { notifications as toasts } from "@mantine/notifications"
import { IconBell } from "@tabler/icons-react"
import type { QueryClient } from "@tanstack/react-query"
import { navigate } from "wouter/use-browser-location"
import type { UserEvent } from "../../sync"
import { inboxActions } from "../data/inbox"
import { anchorProps, targetOf } from "./links"
import styles from "./toasts.module.css"

/** A program says as much as it likes; a toast is a glance. */
const TITLE = 120
const BODY = 240
const SECONDS = 8
const REMEMBERED = 200

/** Those of what stands in the inbox as well. */
const told = new Set<string>()
let inboxes = 0

/** While an inbox is open it says what is told: a toast would lie over it, and say it twice. Returns how that ends. */
export function inboxIsOpen(): () => void {
  inboxes++
  for (const id of told) toasts.hide(id)
  told.clear()
  return () => {
    inboxes--
  }
}

/**
 * What is told appears at once, in the tabs that somebody may be looking at: in the others the badge says it when they come
 * back. An event of a workspace says something only if it has a title. Things may arrive twice, and are shown once.
 */
export function toastsFromEvents(client: QueryClient): { take(event: UserEvent): void } {
  const shown = new Set<string>()
  const isNew = (id: string) => {
    if (shown.has(id)) return false
    if (shown.size >= REMEMBERED) shown.clear()
    shown.add(id)
    return true
  }
  return {
    take(event) {
      if (document.visibilityState === "hidden") return
      if (event.kind === "notification" && isNew(event.id)) {
        const open = () => {
          toasts.hide(event.id)
          void inboxActions(client).mark(event.id, true)
        }
        if (inboxes > 0) return
        told.add(event.id)
        show(event.id, event.title, event.body, <Open of={event} onOpen={open} />)
      } else if (event.kind === "event" && typeof event.data.title === "string" && event.data.title.trim() && isNew(event.id)) {
        show(event.id, event.data.title, typeof event.data.body === "string" ? event.data.body : "")
      }
    },
  }
}

function show(id: string, title: string, body: string, deed?: React.ReactNode): void {
  toasts.show({
    id,
    autoClose: SECONDS * 1000,
    onClose: () => told.delete(id),
    // On a phone the tools for writing are at the bottom, under somebody's thumb.
    ...(matchMedia("(max-width: 48em)").matches && { position: "top-center" as const }),
    icon: <IconBell size={18} stroke={1.7} aria-hidden />,
    classNames: { root: styles.toast, icon: styles.icon },
    closeButtonProps: { "aria-label": "Close" },
    title: <span className={styles.title}>{cut(title, TITLE)}</span>,
    message: (
      <>
        {body && (
          <Text size="sm" lineClamp={2} className={styles.body}>
            {cut(body, BODY)}
          </Text>
        )}
        {deed}
      </>
    ),
  })
}

function Open({ of, onOpen }: { of: { url: string; document: string | null }; onOpen(): void }) {
  const target = targetOf(of)
  if (!target) return null
  return (
    <Button
      component="a"
      {...anchorProps(target)}
      variant="light"
      size="compact-sm"
      mt={6}
      onClick={(event) => {
        onOpen()
        if (target.kind !== "page" || event.metaKey || event.ctrlKey || event.shiftKey) return
        event.preventDefault()
        navigate(target.href)
      }}
    >
      Open
    </Button>
  )
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
