import { VisuallyHidden } from "@mantine/core"
import { IconCircleCheck } from "@tabler/icons-react"
import styles from "./OfflineMark.module.css"

/** Beside a title, while offline: whether it can be opened. */
export function OfflineMark({ here }: { here: boolean }) {
  return here ? (
    <>
      <IconCircleCheck size={14} stroke={1.9} className={styles.mark} aria-hidden />
      <VisuallyHidden>(available offline)</VisuallyHidden>
    </>
  ) : (
    <VisuallyHidden>(not available offline)</VisuallyHidden>
  )
}
