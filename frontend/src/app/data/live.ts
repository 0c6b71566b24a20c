import { useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import { browserSharing, EventStream } from "../../sync"
import { toastsFromEvents } from "../inbox/toasts"
import { catchUp } from "../offline/catchUp"
import { local } from "../offline/local"
import { serverAnswered, streamBroke } from "../offline/reach"
import { server } from "../server"
import { goToSignIn } from "../signedOut"
import { invalidateFromEvents } from "./staleness"

/** Lists come first, and a broken stream may break again. */
const CATCH_UP_AFTER_MS = 1_500

/**
 * Keeps all lists current while someone is signed in, and tells them what they are told, by the events of the server; and
 * keeps what is kept offline.
 */
export function useLiveUpdates(user: number | undefined): void {
  const client = useQueryClient()
  useEffect(() => {
    if (user === undefined) return
    const stream = new EventStream({ ...server(), sharing: browserSharing(`weft.events.${user}`) })
    const stale = invalidateFromEvents(client)
    const toasts = toastsFromEvents(client)
    let signedOut = false
    let timer: ReturnType<typeof setTimeout> | undefined
    stream.subscribe((event) => {
      signedOut = event.kind === "signed-out"
      if (event.kind === "away") {
        streamBroke()
        return
      }
      serverAnswered()
      if (signedOut) return goToSignIn()
      const database = local()
      if (event.kind === "hello" && database) {
        clearTimeout(timer)
        timer = setTimeout(() => void catchUp(client, database), CATCH_UP_AFTER_MS)
      }
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
      clearTimeout(timer)
      stream.close()
      stale.stop()
    }
  }, [client, user])
}
