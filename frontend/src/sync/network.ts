/** What the browser believes about its network. Only a hint: "online" may be a café's login page. */
export interface Network {
  readonly online: boolean
  /** Calls back when it changes; answers with the function that stops it. */
  subscribe(listener: () => void): () => void
}

export const alwaysOnline: Network = { online: true, subscribe: () => () => undefined }

export function browserNetwork(): Network {
  if (typeof navigator === "undefined" || typeof addEventListener === "undefined") return alwaysOnline
  return {
    get online() {
      return navigator.onLine
    },
    subscribe(listener) {
      addEventListener("online", listener)
      addEventListener("offline", listener)
      return () => {
        removeEventListener("online", listener)
        removeEventListener("offline", listener)
      }
    },
  }
}
