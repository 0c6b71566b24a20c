import { useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import { browserSharing, EventStream } from "../../sync"
import { toastsFromEvents } from "../inbox/toasts"
import { server } from "../server"
import { goToSignIn } from "../signedOut"
import { invalidateFromEvents } from "./staleness"

/** Keeps all lists current while someone is signed in, and tells them what they are told, by the events of the server. */
export function useLiveUpdates(user: number | undefined): void {
  const client = useQueryClient()
  useEffect(() => {
    if (user === undefined) return
    const stream = new EventStream({ ...server(), sharing: browserSharing(`weft.events.${user}`) })
    const stale = invalidateFromEvents(client)
    const toasts = toastsFromEvents(client)
    let signedOut = false
    stream.subscribe((event) => {
      signedOut = event.kind === "signed-out"
      if (signedOut) return goToSignIn()
      stale.take(event)
      toasts.take(event)
    })
    // Someone may have signed in again in another tab meanwhile; without events this one would grow old unnoticed.
    const onFocus = () => {
      if (signedOut) stream.reconnect()
    }
    window.addEventListener("focus", onFocus)
    return () => {
      window.removeEventListener("focus", onFocus)
      stream.close()
      stale.stop()
    }
  }, [client, user])
}
