const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" })
const sameYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" })
const otherYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" })

/** "3 minutes ago", and past a week the day itself: nobody counts "23 days ago" back. */
export function ago(iso: string, now = Date.now()): string {
  const then = Date.parse(iso)
  const passed = now - then
  if (passed < MINUTE) return "just now"
  if (passed < HOUR) return relative.format(-Math.floor(passed / MINUTE), "minute")
  if (passed < DAY) return relative.format(-Math.floor(passed / HOUR), "hour")
  if (passed < 7 * DAY) return relative.format(-Math.floor(passed / DAY), "day")
  const year = new Date(now).getFullYear() === new Date(then).getFullYear()
  return (year ? sameYear : otherYear).format(then)
}

export const exactly = (iso: string): string => exact.format(Date.parse(iso))
