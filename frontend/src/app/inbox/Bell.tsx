import { ActionIcon, CloseButton, Drawer, Popover, Tooltip } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { IconBell } from "@tabler/icons-react"
import { useEffect } from "react"
import { useInbox } from "../data/inbox"
import styles from "./Bell.module.css"
import { Inbox } from "./Inbox"
import { inboxIsOpen } from "./toasts"

/** The way to the inbox, and how much in it is unread. On a phone the inbox takes the whole screen. */
export function Bell({ narrow, size = 30 }: { narrow: boolean; size?: number }) {
  const [opened, { toggle, open, close }] = useDisclosure(false)
  useEffect(() => (opened ? inboxIsOpen() : undefined), [opened])
  const unread = useInbox().data?.pages[0]?.unread ?? 0
  const name = unread === 0 ? "Notifications" : `Notifications, ${unread} unread`

  const bell = (act: () => void) => (
    <Tooltip label={name} disabled={opened}>
      <ActionIcon aria-label={name} aria-haspopup="dialog" aria-expanded={opened} onClick={act} size={size} className={styles.bell}>
        <IconBell size={18} stroke={1.6} aria-hidden />
        {unread > 0 && (
          <span className={styles.badge} aria-hidden>
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </ActionIcon>
    </Tooltip>
  )

  if (narrow) {
    return (
      <>
        {bell(open)}
        <Drawer
          opened={opened}
          onClose={close}
          position="right"
          size="100%"
          padding={0}
          withCloseButton={false}
          attributes={{ content: { "aria-label": "Notifications" } }}
          classNames={{ content: styles.drawer, body: styles.drawerBody }}
        >
          <Inbox onLeave={close} tools={<CloseButton aria-label="Close" onClick={close} size={34} />} />
        </Drawer>
      </>
    )
  }
  return (
    <Popover opened={opened} onChange={(shown) => !shown && close()} position="bottom-start" offset={6} width={400} shadow="lg" radius="lg" trapFocus returnFocus>
      <Popover.Target>{bell(toggle)}</Popover.Target>
      <Popover.Dropdown p={0} aria-label="Notifications" aria-labelledby={undefined} className={styles.dropdown}>
        <Inbox onLeave={close} />
      </Popover.Dropdown>
    </Popover>
  )
}
