import { Group, Text } from "@mantine/core"
import type { Icon } from "@tabler/icons-react"
import type { ReactNode } from "react"
import styles from "./NoticeBar.module.css"

interface Props {
  icon: Icon
  title: string
  message: string
  children?: ReactNode
}

/** Something about the whole document that nobody may overlook, over the whole width, with what can be done about it. */
export function NoticeBar({ icon: Icon, title, message, children }: Props) {
  return (
    <div className={styles.notice} role="alert">
      <Icon size={20} stroke={1.7} className={styles.icon} aria-hidden />
      <div className={styles.words}>
        <Text fw={600} size="sm">
          {title}
        </Text>
        <Text size="sm">{message}</Text>
      </div>
      <Group gap="xs">{children}</Group>
    </div>
  )
}
