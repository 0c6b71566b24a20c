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
  /** What stands in the editor, for who wants to keep it. */
  readText(): string
}

/** The document won't connect again by itself. Says why over the whole width, and what can be done. */
export function EndNotice({ document, provider, reason, waiting, readText }: Props) {
  const { title, message } = describeEnd(reason, waiting)
  const [, navigate] = useLocation()

  const keepText = async () => {
    try {
      await navigator.clipboard.writeText(readText())
      notifications.show({ message: "The text as you see it was copied" })
    } catch {
      notifications.show({ color: "red", message: "Your browser does not let this page copy. Select the text and copy it by hand." })
    }
  }
  const leave = () => {
    discard(document.id)
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
        <Button size="xs" onClick={() => location.reload()}>
          Reload
        </Button>
      )}
      {waiting > 0 && reason !== "signed-out" && (
        <Button size="xs" variant="default" onClick={() => void keepText()}>
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
