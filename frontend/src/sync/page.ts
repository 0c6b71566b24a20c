/** Whether anybody looks at the page. Behind a port, for the provider also runs where there is none. */
export interface Page {
  readonly hidden: boolean
  /** Calls back when it changes; answers with the function that stops it. */
  subscribe(listener: () => void): () => void
}

export const alwaysVisible: Page = { hidden: false, subscribe: () => () => undefined }

export function browserPage(): Page {
  if (typeof document === "undefined") return alwaysVisible
  return {
    get hidden() {
      return document.visibilityState === "hidden"
    },
    subscribe(listener) {
      document.addEventListener("visibilitychange", listener)
      return () => document.removeEventListener("visibilitychange", listener)
    },
  }
}
