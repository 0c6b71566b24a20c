/** What the service worker does with a request. Pure, so that it can be tested without one. */
export type Way =
  /** The app's page: from the network, and without one from the cache. */
  | "page"
  /** A file of a build: it never changes, so whoever has it needs no network. */
  | "file"
  /** Everything else: answers of the API, account pages, the admin. Never kept. */
  | "network"

export interface Asked {
  method: string
  /** `Request.mode` */
  mode: string
  url: URL
}

const PAGES = /^\/(?:(?:trash|favourites|recent|shared)\/?|(?:w|d|settings)\/.*)?$/
const FILES = "/static/"
/** Vite puts a hash of the content into these names. The rest of /static/ belongs to other packages, like the admin's. */
const OURS = "/static/assets/"

export function wayOf({ method, mode, url }: Asked, origin: string, kept: ReadonlySet<string>): Way {
  if (method !== "GET" || url.origin !== origin) return "network"
  if (mode === "navigate") return PAGES.test(url.pathname) ? "page" : "network"
  if (!url.pathname.startsWith(FILES)) return "network"
  return url.pathname.startsWith(OURS) || kept.has(url.pathname) ? "file" : "network"
}

/** A proxy's word for "the server is away", beside which the kept page is the better answer. */
export const isAway = (status: number): boolean => status === 502 || status === 503 || status === 504

/** The files of ours that a page asks for at once. */
export const filesIn = (html: string): string[] => [...html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map(([, path]) => path!)
