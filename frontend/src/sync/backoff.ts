/** How long to wait before connecting again. Pure: pass the randomness in. */

/** Between 0 and 1, 1 excluded. */
export type Random = () => number

const BASE = 300
const CAP = 15_000
/** So that even a lucky draw doesn't make a tight loop against a server that closes at once. */
const FLOOR = 50

/** A server that restarts closes everybody at the same moment; this long they spread their return over. */
const RESTART_SPREAD = 5_000
const OVERLOAD_BASE = 2_000

const RESTARTING = 1012
const OVERLOADED = 1013

/**
 * Full jitter: anything up to a limit that doubles with each failure in a row. Half of it fixed and half random would leave
 * the clients of a dead server in step, hitting the next one in waves.
 *
 * @param failures in a row, 0 after a connection that was fine
 * @param code the close code
 */
export function delayBefore(failures: number, code: number, random: Random): number {
  const base = code === OVERLOADED ? OVERLOAD_BASE : BASE
  const grown = Math.min(CAP, base * 2 ** Math.min(failures, 30))
  const limit = code === RESTARTING ? Math.max(RESTART_SPREAD, grown) : grown
  return FLOOR + random() * (limit - FLOOR)
}
