import { type Memory, memoryOf } from "../sync"

/** Where the live parts of the app find the server, with the session cookie, and what reached it here a short while ago. */
export const server = (): { url: string; memory: Memory } => ({ url: location.origin, memory: memoryOf(storage(), location.origin) })

/** Even to ask for it throws where cookies are forbidden. */
function storage(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}
