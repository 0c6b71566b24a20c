/**
 * One tab does it for all: what takes a connection for as long as a page lives, out of the six that a browser opens to a
 * host. Who holds the lock leads, the others hear from it; when it closes, the next one in line leads.
 */
import { browserLocks, type Locks } from "./lanes"

/** Of a BroadcastChannel, what is needed here. */
export interface Channel {
  postMessage(message: unknown): void
  onmessage: ((event: MessageEvent) => void) | null
  close(): void
}

export interface Sharing {
  locks: Locks
  /** Tabs of the same name share. */
  name: string
  openChannel(name: string): Channel
}

/** Needs a secure context. Without it null: every tab is on its own. */
export function browserSharing(name: string): Sharing | null {
  const locks = browserLocks()
  if (locks === null || typeof BroadcastChannel === "undefined") return null
  return { locks, name, openChannel: (channel) => new BroadcastChannel(channel) }
}

export interface Turn<Told> {
  /** At most once. */
  onLead(): void
  /** At most once, before leading: another tab leads already. */
  onFollow(): void
  /** From the tab that leads. */
  onHeard(told: Told): void
  /** Somebody hopes that the one who leads, this one, tries again. */
  onNudge(): void
}

export interface Tab<Told> {
  readonly leads: boolean
  /** From the one who leads to all others. */
  tell(told: Told): void
  nudge(): void
  leave(): void
}

type Message<Told> = { kind: "told"; told: Told } | { kind: "nudge" }

export function inTurn<Told>({ locks, name, openChannel }: Sharing, turn: Turn<Told>): Tab<Told> {
  const channel = openChannel(name)
  const abort = new AbortController()
  let leads = false
  let left = false
  let release: () => void = () => undefined

  const post = (message: Message<Told>) => !left && channel.postMessage(message)
  channel.onmessage = ({ data }: MessageEvent) => {
    const message = data as Message<Told>
    if (left) return
    if (message.kind === "told" && !leads) turn.onHeard(message.told)
    else if (message.kind === "nudge" && leads) turn.onNudge()
  }

  const lead = (): Promise<void> | undefined => {
    if (left) return undefined
    leads = true
    turn.onLead()
    return new Promise((resolve) => {
      release = resolve
    })
  }
  const follow = () => {
    if (left) return
    turn.onFollow()
    // It may have given up, signed out, say, where this tab was signed in since.
    post({ kind: "nudge" })
    locks.request(name, { signal: abort.signal }, lead).catch(() => undefined)
  }
  locks
    .request(name, { ifAvailable: true }, (lock) => {
      if (lock !== null) return lead()
      follow()
      return undefined
    })
    .catch(() => undefined)

  return {
    get leads() {
      return leads
    },
    tell: (told) => post({ kind: "told", told }),
    nudge: () => post({ kind: "nudge" }),
    leave() {
      left = true
      abort.abort()
      release()
      channel.onmessage = null
      channel.close()
    },
  }
}
