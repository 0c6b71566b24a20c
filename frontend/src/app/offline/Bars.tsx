import { Button } from "@mantine/core"
import { IconCloudOff, IconRefresh, IconUpload, type Icon } from "@tabler/icons-react"
import { useQueryClient } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { Link, useRoute } from "wouter"
import type { Document } from "../../api/types"
import { keys } from "../data/keys"
import { routes } from "../routes"
import { titleOf } from "../tree/model"
import styles from "./Bars.module.css"
import { reloadPage, useNewerBuild } from "./builds"
import { useRefused } from "./refused"
import { useKept, waitingIn } from "./kept"
import { useOffline } from "./reach"

/** What concerns the whole app for a while, calmly, above everything else. */
export function Bars() {
  const offline = useOffline()
  const newer = useNewerBuild()
  const refused = useRefused()
  // An open document says itself that it is offline, and how many edits wait.
  const [inDocument] = useRoute("/d/:id")
  return (
    <>
      {newer && !offline && <NewerBuild />}
      {refused.length > 0 && !inDocument && <Refused ids={refused} />}
      {offline && !inDocument && <Offline />}
    </>
  )
}

function Bar({ icon: Icon, tone = "calm", children, tool }: { icon: Icon; tone?: "calm" | "warning"; children: ReactNode; tool?: ReactNode }) {
  return (
    <div className={styles.bar} data-tone={tone} role="status">
      <Icon size={17} stroke={1.7} className={styles.icon} aria-hidden />
      <span className={styles.words}>{children}</span>
      {tool}
    </div>
  )
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`

function Offline() {
  const { edits, documents } = waitingIn(useKept(true))
  return (
    <Bar icon={IconCloudOff}>
      <strong>You are offline.</strong> Documents that this browser keeps can be opened and written.
      {edits > 0 && ` ${count(edits, "edit")} in ${count(documents, "document")} ${edits === 1 ? "waits" : "wait"} for the server.`}
    </Bar>
  )
}

function NewerBuild() {
  return (
    <Bar
      icon={IconRefresh}
      tool={
        <Button size="compact-sm" variant="light" onClick={reloadPage}>
          Reload
        </Button>
      }
    >
      <strong>A new version of Weft is ready.</strong> Reload to use it; what you wrote is kept.
    </Bar>
  )
}

function Refused({ ids }: { ids: readonly string[] }) {
  const client = useQueryClient()
  return (
    <Bar icon={IconUpload} tone="warning">
      The server did not take edits of yours in{" "}
      {ids.map((id, at) => (
        <span key={id}>
          {at > 0 && ", "}
          <Link href={routes.document(id)}>{titleOf(client.getQueryData<Document>(keys.document(id)) ?? { title: "a document that is gone" })}</Link>
        </span>
      ))}
      . They are kept in this browser.
    </Bar>
  )
}
