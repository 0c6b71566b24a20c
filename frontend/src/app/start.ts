import { watchRequests } from "../api/client"
import { isServed, userOfPage } from "../local/lastUser"
import { queries } from "./data/client"
import { serverServes } from "./offline/builds"
import { restoreQueries } from "./offline/keptQueries"
import { openLocal } from "./offline/local"
import { askAgain, isOffline, onReach, serverAnswered, serverUnreachable } from "./offline/reach"

/** What this browser keeps is read within milliseconds, or something is wrong with its storage; then the network comes first. */
const RESTORES_WITHIN_MS = 1_000
/** Without a network there is nothing else to show. */
const RESTORES_OFFLINE_WITHIN_MS = 10_000

/** Before the first paint: what was seen last time is there at once, with or without a network. */
export async function start(): Promise<void> {
  watchRequests(({ answered, build }) => {
    if (answered) serverAnswered()
    else serverUnreachable()
    serverServes(build)
  })
  // A page that names nobody is the one that the service worker keeps.
  if (!navigator.onLine || !isServed()) serverUnreachable()
  window.addEventListener("offline", serverUnreachable)
  window.addEventListener("online", () => void askAgain())
  onReach(() => {
    // What failed meanwhile; what else may have changed, the stream's "hello" tells.
    if (!isOffline()) void queries.invalidateQueries({ predicate: ({ state }) => state.error !== null })
  })
  registerWorker()
  const user = userOfPage()
  if (user === null) return
  await Promise.race([restoreQueries(queries, openLocal(user)), new Promise((resolve) => setTimeout(resolve, isOffline() ? RESTORES_OFFLINE_WITHIN_MS : RESTORES_WITHIN_MS))])
}

/** After everything that is needed now: it fetches what may be needed later. */
function registerWorker(): void {
  if (!("serviceWorker" in navigator)) return
  const register = () => void navigator.serviceWorker.register("/service-worker.js").catch((error: unknown) => console.warn("Weft won’t open offline.", error))
  if (document.readyState === "complete") register()
  else window.addEventListener("load", register, { once: true })
}
