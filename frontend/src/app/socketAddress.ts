/** `ws(s)://` on the page's own host, where the session cookie goes along. */
export const socketAddress = (path: string): string => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`
