/**
 * Which transport to use: decisions only, no timers and no I/O.
 *
 * Down, as soon as one shows that it doesn't get through here; up again, quietly, when a trial beside the one that works
 * shows that a better one does. A network that is gone, or a server that is, blocks nothing: then all rungs fail alike, and
 * it begins again where it last worked.
 */
import type { Random } from "./backoff"
import { BUFFERED, NO_FRAME, type TransportKind } from "./transport"

/** Why a transport isn't used. */
export type Obstacle =
  /** No WebSocket comes about. */
  | "upgrade_blocked"
  /** It opens, and then nothing comes. */
  | "frames_swallowed"
  /** It works, and is cut within a minute, every time. */
  | "connection_cut"
  /** Something keeps a stream back until it ends. */
  | "stream_buffered"

export type Obstacles = Readonly<Partial<Record<TransportKind, Obstacle>>>

export interface Ladder {
  readonly kinds: readonly TransportKind[]
  /** In use, or next to be tried. */
  readonly rung: number
  /** It brought a frame. */
  readonly proven: boolean
  /** The last one that did: where to return when those below it get no further. */
  readonly home: number
  readonly obstacles: Obstacles
  /** In a row: it ended before it was of use. */
  readonly early: number
  /** In a row: it ended within a minute. */
  readonly cuts: number
  /** In a row, below the top: nobody answered. */
  readonly silent: number
  /** Looks upward since the last connection that lasted. */
  readonly looks: number
}

export interface Ended {
  code: number
  opened: boolean
  /** A frame came. */
  heard: boolean
  /** Milliseconds since it opened. */
  lived: number
  /** What the browser says of its network. */
  online: boolean
}

/** What worked here a short while ago, and what didn't. */
export interface Remembered {
  kind: TransportKind
  obstacles: Obstacles
}

const EARLY = 10_000
const SHORT = 60_000
const EARLY_CLOSES = 2
const CUTS = 3
/** Nobody answered where it had worked: maybe it is this that doesn't work any more. */
const SILENCES = 4

const FIRST_LOOK = 2_000
const LOOK_AGAIN = 30_000
const LOOK_SELDOM = 10 * 60_000

/** Codes that a network can't make: the server said them, through this very transport. */
const fromServer = (code: number) => (code >= 1011 && code <= 1013) || (code >= 4000 && code < BUFFERED)

export function ladderOf(kinds: readonly TransportKind[], remembered: Remembered | null): Ladder {
  const rung = Math.max(0, kinds.indexOf(remembered?.kind ?? kinds[0]!))
  const obstacles = rung > 0 ? remembered!.obstacles : {}
  // What is remembered was looked at not long ago.
  return { kinds, rung, proven: false, home: 0, obstacles, early: 0, cuts: 0, silent: 0, looks: rung > 0 ? 1 : 0 }
}

/** A frame came over the rung in use. */
export const afterFrame = (ladder: Ladder): Ladder => (ladder.proven ? ladder : { ...ladder, proven: true, home: ladder.rung, silent: 0 })

/** Where to connect next. `now`: on another rung, and without waiting. */
export function afterEnd(before: Ladder, ended: Ended): { ladder: Ladder; now: boolean } {
  const ladder = { ...before, proven: false }
  const lasted = ended.heard && ended.lived >= SHORT
  if (lasted) Object.assign(ladder, { looks: 0, cuts: 0 })
  if (ended.heard && ended.lived >= EARLY) ladder.early = 0
  if (!ended.online || fromServer(ended.code)) return { ladder: { ...ladder, early: 0 }, now: false }

  const isEarly = !ended.heard || ended.lived < EARLY
  const early = ladder.early + (isEarly ? 1 : 0)
  const cuts = ladder.cuts + (ended.heard && !lasted ? 1 : 0)
  const obstacle = obstacleOf(ladder.kinds[ladder.rung]!, ended, early, cuts)
  if (obstacle !== null && ladder.rung + 1 < ladder.kinds.length) return { ladder: down(ladder, obstacle), now: true }
  if (ladder.rung === 0) return { ladder: { ...ladder, early, cuts }, now: false }
  const silent = ladder.silent + 1
  if (ladder.rung !== ladder.home) return { ladder: returning(ladder, ladder.home), now: false }
  if (silent >= SILENCES) return { ladder: returning(ladder, 0), now: false }
  return { ladder: { ...ladder, silent }, now: false }
}

function obstacleOf(kind: TransportKind, { code, opened, heard, lived }: Ended, early: number, cuts: number): Obstacle | null {
  switch (kind) {
    case "websocket":
      if (code === NO_FRAME || (!heard && early >= EARLY_CLOSES)) return opened ? "frames_swallowed" : "upgrade_blocked"
      if (heard && ((lived < EARLY && early >= EARLY_CLOSES) || cuts >= CUTS)) return "connection_cut"
      return null
    case "sse":
      return code === BUFFERED ? "stream_buffered" : null
    case "poll":
      return null
  }
}

const down = (ladder: Ladder, obstacle: Obstacle): Ladder => ({
  ...ladder,
  rung: ladder.rung + 1,
  obstacles: { ...ladder.obstacles, [ladder.kinds[ladder.rung]!]: obstacle },
  early: 0,
  cuts: 0,
  silent: 0,
  // A transport that comes about, and is cut, would pass every trial.
  looks: obstacle === "connection_cut" ? Math.max(1, ladder.looks) : ladder.looks,
})

/** What seemed to stand in the way from there on was only the network. */
function returning(ladder: Ladder, rung: number): Ladder {
  const obstacles = Object.fromEntries(Object.entries(ladder.obstacles).filter(([kind]) => ladder.kinds.indexOf(kind as TransportKind) < rung))
  return { ...ladder, rung, home: rung, obstacles, early: 0, cuts: 0, silent: 0 }
}

/** How long until the next look upward, or null where there is nothing better. */
export function nextLook({ rung, proven, looks }: Ladder, random: Random): number | null {
  if (rung === 0 || !proven) return null
  const delay = looks === 0 ? FIRST_LOOK : Math.min(LOOK_AGAIN * 2 ** (looks - 1), LOOK_SELDOM)
  return delay * (0.5 + random() / 2)
}

/** A trial of a better rung ended without a frame. */
export function afterTrial(ladder: Ladder, rung: number, ended: Ended): Ladder {
  if (!ended.online || fromServer(ended.code)) return ladder
  const kind = ladder.kinds[rung]!
  const obstacle = obstacleOf(kind, ended, EARLY_CLOSES, 0)
  return obstacle === null ? ladder : { ...ladder, obstacles: { ...ladder.obstacles, [kind]: obstacle } }
}

/** All better rungs were tried. */
export const afterLook = (ladder: Ladder): Ladder => ({ ...ladder, looks: ladder.looks + 1 })

/** A trial brought a frame: this rung is in use now. */
export const climbed = (ladder: Ladder, rung: number): Ladder => ({ ...returning(ladder, rung), proven: true, looks: ladder.looks + 1 })

/** Why not the next better one, or null at the top. */
export const obstacleAbove = ({ kinds, rung, obstacles }: Ladder): Obstacle | null => (rung === 0 ? null : (obstacles[kinds[rung - 1]!] ?? null))
