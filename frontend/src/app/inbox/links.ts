import type { Notification } from "../../api/types"
import { routes } from "../routes"

/** Where a notification leads, and how one gets there. */
export type Target =
  /** A page of the app: no reload. */
  | { kind: "page"; href: string }
  /** A page of this site that Django renders. */
  | { kind: "site"; href: string }
  | { kind: "web"; href: string }

const APP_PAGES = /^\/(?:$|d\/|w\/|settings\/|(?:recent|favourites|shared|trash)$)/

/** Programs write addresses, so only the web's and our own become links: never a script. */
export function targetOf({ document, url }: Pick<Notification, "document" | "url">, origin = location.origin): Target | undefined {
  if (document) return { kind: "page", href: routes.document(document) }
  if (!url) return undefined
  let target: URL
  try {
    target = new URL(url, origin)
  } catch {
    return undefined
  }
  if (target.protocol !== "http:" && target.protocol !== "https:") return undefined
  if (target.origin !== origin) return { kind: "web", href: target.href }
  const href = target.pathname + target.search + target.hash
  return { kind: APP_PAGES.test(target.pathname) ? "page" : "site", href }
}

/** What an <a> needs; a page of the app is the router's to open. */
export const anchorProps = (target: Target) =>
  target.kind === "web" ? { href: target.href, target: "_blank", rel: "noopener noreferrer" } : { href: target.href }
