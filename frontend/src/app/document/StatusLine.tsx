import { Tooltip, VisuallyHidden } from "@mantine/core"
import { IconAlertTriangle, IconCloudCheck, IconCloudOff, IconCloudUp } from "@tabler/icons-react"
import type { Status } from "../../sync"
import styles from "./StatusLine.module.css"
import { describeStatus, type Tone } from "./status"

const icons: Record<Tone, typeof IconCloudOff> = {
  calm: IconCloudCheck,
  busy: IconCloudUp,
  warning: IconCloudOff,
  danger: IconAlertTriangle,
}

export function StatusLine({ status }: { status: Status }) {
  const { text, tone, about } = describeStatus(status)
  const Icon = icons[tone]
  const troubled = tone === "warning" || tone === "danger"
  return (
    <>
      <Tooltip label={about} multiline maw={260} events={{ hover: true, focus: true, touch: true }}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its explanation must be within the keyboard's reach */}
        <span className={styles.status} data-tone={tone} data-testid="status" tabIndex={0}>
          <Icon size={17} stroke={1.6} aria-hidden />
          <span className={styles.text}>{text}</span>
        </span>
      </Tooltip>
      {/* Spoken when something is wrong and when it is right again, not with every keystroke. */}
      <VisuallyHidden role="status">{troubled ? `${text}. ${about}` : ""}</VisuallyHidden>
    </>
  )
}
