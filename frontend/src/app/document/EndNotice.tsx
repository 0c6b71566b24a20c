import { Button } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { IconAlertTriangle, IconLock, IconRefresh, IconTrash, type Icon } from "@tabler/icons-react"
import { useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import { useLocation } from "wouter"
import type { Document } from "../../api/types"
import { getMe } from "../../api/workspaces"
import type { EndReason, WeftProvider } from "../../sync"
import { keys } from "../data/keys"
import { useSignedIn } from "../data/queries"
import { copyText } from "../dialogs/clipboard"
import { reloadPage } from "../offline/builds"
import { accountPages, routes } from "../routes"
import { discard } from "./liveDocuments"
import { NoticeBar } from "./NoticeBar"
import { describeEnd } from "./status"

const icons: Record<EndReason, Icon> = {
  "signed-out": IconLock,
  forbidden: IconLock,
  gone: IconTrash,
  "too-large": IconAlertTriangle,
  "out-of-date": IconRefresh,
}

interface Props {
  document: Document
  provider: WeftProvider
  reason: EndReason
  waiting: number
  /** This browser keeps what waits. */
  kept: boolean
  /** What stands in the editor, for who wants to keep it. */
  readText(): string
}

/** The document won't connect again by itself. Says why over the whole width, and what can be done. */
export function EndNotice({ document, provider, reason, waiting, kept, readText }: Props) {
  const { title, message } = describeEnd(reason, waiting, kept)
  const [, navigate] = useLocation()

  const leave = () => {
    void discard(document.id)
    navigate(routes.home)
  }

  return (
    <NoticeBar icon={icons[reason]} title={title} message={message}>
      {reason === "signed-out" && <SignInAgain provider={provider} />}
      {reason === "too-large" && (
        <Button size="xs" variant="default" onClick={() => provider.reconnect()}>
          Try again
        </Button>
      )}
      {reason === "out-of-date" && (
        <Button size="xs" onClick={reloadPage}>
          Reload
        </Button>
      )}
      {waiting > 0 && reason !== "signed-out" && (reason !== "out-of-date" || !kept) && (
        <Button size="xs" variant="default" onClick={() => void copyText(readText())}>
          Copy the text
        </Button>
      )}
      {reason !== "signed-out" && reason !== "out-of-date" && (
        <Button size="xs" variant="subtle" color="gray" onClick={leave}>
          {waiting > 0 ? "Leave without saving" : "Leave"}
        </Button>
      )}
    </NoticeBar>
  )
}

/**
 * Rights were lowered while something we wrote was on its way, or waited for a network: the server takes it no more. The
 * document stays to be read.
 */
export function RefusedNotice({ waiting, kept, readText, onDiscard }: Pick<Props, "waiting" | "kept" | "readText"> & { onDiscard(): void }) {
  return (
    <NoticeBar
      icon={IconLock}
      title="You may read this document now, not change it"
      message={`${waiting === 1 ? "1 edit" : `${waiting} edits`} you made before could not be saved and ${waiting === 1 ? "is" : "are"} only in this ${kept ? "browser" : "tab"}.`}
    >
      <Button size="xs" variant="default" onClick={() => void copyText(readText())}>
        Copy the text
      </Button>
      <Button size="xs" variant="subtle" color="gray" onClick={onDiscard}>
        Discard my edits
      </Button>
    </NoticeBar>
  )
}

/**
 * In a tab of its own, so that what waits stays in this one. Coming back to it is the sign to try again; as somebody else
 * it isn't, for the edits would be stored under their name.
 */
function SignInAgain({ provider }: { provider: WeftProvider }) {
  const { user } = useSignedIn()
  const client = useQueryClient()
  useEffect(() => {
    const resume = async () => {
      const me = await getMe().catch(() => undefined)
      if (!me) return
      if (me.user.id !== user.id) {
        notifications.show({ color: "red", title: "That is another account", message: `Sign in as ${user.email} to save what you wrote here.` })
        return
      }
      client.setQueryData(keys.me, me)
      provider.reconnect()
    }
    const onFocus = () => void resume()
    window.addEventListener("focus", onFocus)
    return () => window.removeEventListener("focus", onFocus)
  }, [client, provider, user])
  return (
    <Button size="xs" component="a" href={accountPages.signIn(location.pathname)} target="_blank" rel="opener">
      Sign in again
    </Button>
  )
}
