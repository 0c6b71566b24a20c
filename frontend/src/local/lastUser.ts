/**
 * Whose page this is. The server says so in every page it makes for somebody; the page that the service worker keeps is
 * for nobody in particular, and then it is who was signed in here last.
 */
const KEY = "weft.user"

const said = (): string => document.querySelector<HTMLMetaElement>('meta[name="weft-user"]')?.content ?? ""

/** Whether the server made this page, for somebody who is signed in. */
export const isServed = (): boolean => said() !== ""

export function userOfPage(): number | null {
  const user = said()
  if (user) rememberUser(Number(user))
  return user ? Number(user) : lastUser()
}

export function lastUser(): number | null {
  try {
    return Number(localStorage.getItem(KEY)) || null
  } catch {
    return null // storage is off
  }
}

/** Null when they signed out, or somebody signs in: what is kept of them isn't for whoever comes next. */
export function rememberUser(user: number | null): void {
  try {
    if (user === null) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, String(user))
  } catch {
    // Without storage there is nothing to open later, either.
  }
}
