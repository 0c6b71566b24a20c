import { Button, Popover, UnstyledButton, VisuallyHidden } from "@mantine/core"
import { IconAlertTriangle, IconCheck, IconCloudCheck, IconCloudOff, IconCloudUp, IconCopy, IconRefresh } from "@tabler/icons-react"
import { useId, useState } from "react"
import type { Diagnosis, Status, WeftProvider } from "../../sync"
import { copyText } from "../dialogs/clipboard"
import { details, explainStatus, isDetour, transportNames } from "./reasons"
import styles from "./StatusLine.module.css"
import { describeStatus, type Tone } from "./status"

const icons: Record<Tone, typeof IconCloudOff> = {
  calm: IconCloudCheck,
  busy: IconCloudUp,
  warning: IconCloudOff,
  danger: IconAlertTriangle,
}

interface Props {
  status: Status
  diagnosis: Diagnosis
  provider: WeftProvider
}

/** What is true of our edits, in a word; pressed, why it isn't more. */
export function StatusLine({ status, diagnosis, provider }: Props) {
  const [opened, setOpened] = useState(false)
  const id = useId()
  const { text, tone, about } = describeStatus(status)
  const Icon = icons[tone]
  const troubled = tone === "warning" || tone === "danger"
  const detour = isDetour(diagnosis.code)
  return (
    <>
      <Popover opened={opened} onChange={setOpened} position="bottom-start" width={340} shadow="md" trapFocus returnFocus>
        <Popover.Target>
          <UnstyledButton
            className={styles.status}
            data-tone={tone}
            data-detour={detour || undefined}
            data-testid="status"
            data-transport={diagnosis.transport}
            title={opened ? undefined : about}
            onClick={() => setOpened(!opened)}
          >
            <span className={styles.icon}>
              <Icon size={17} stroke={1.6} aria-hidden />
            </span>
            <span className={styles.text}>{text}</span>
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown className={styles.dropdown} aria-labelledby={`${id}-title`} data-testid="why">
          <Why status={status} diagnosis={diagnosis} provider={provider} titleId={`${id}-title`} />
        </Popover.Dropdown>
      </Popover>
      {/* Spoken when something is wrong and when it is right again, not with every keystroke. */}
      <VisuallyHidden role="status">{troubled ? `${text}. ${about}` : ""}</VisuallyHidden>
    </>
  )
}

function Why({ status, diagnosis, provider, titleId }: Props & { titleId: string }) {
  const { title, happens, means, todo } = explainStatus(status, diagnosis)
  const copy = () => {
    const lastClose = provider.lastClose && `${provider.lastClose.code} ${provider.lastClose.reason}`.trim()
    const where = { address: location.href, browser: navigator.userAgent, online: navigator.onLine, lastClose }
    void copyText(details(status, diagnosis, where, new Date()), "The details were copied")
  }
  const best = diagnosis.transport === "websocket"
  // It stays where it was pressed: a focused button that vanished would take the keyboard's place along.
  const [offered, setOffered] = useState(!best)
  if (!best && !offered) setOffered(true)
  return (
    <>
      <h2 id={titleId} className={styles.title}>
        {title}
      </h2>
      <p>{happens}</p>
      <p>{means}</p>
      {todo && <p>{todo}</p>}
      <dl className={styles.facts}>
        <dt>Your edits</dt>
        <dd>{describeStatus(status).text}</dd>
        <dt>Connection</dt>
        <dd>{diagnosis.transport === null ? "None" : transportNames[diagnosis.transport]}</dd>
        <dt>Since</dt>
        <dd>{sinceText(diagnosis.since)}</dd>
      </dl>
      <div className={styles.actions}>
        {offered && (
          <Button
            size="xs"
            data-disabled={best || undefined}
            aria-disabled={best}
            leftSection={best ? <IconCheck size={15} aria-hidden /> : <IconRefresh size={15} aria-hidden />}
            onClick={() => provider.reconnect()}
          >
            {best ? "Connected" : "Try again now"}
          </Button>
        )}
        <Button size="xs" variant="default" leftSection={<IconCopy size={15} aria-hidden />} onClick={copy}>
          Copy details
        </Button>
      </div>
    </>
  )
}

const sinceText = (since: number) => {
  const today = new Date().toDateString() === new Date(since).toDateString()
  return new Date(since).toLocaleString(undefined, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" })
}
