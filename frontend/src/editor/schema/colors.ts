/**
 * The marker pens and text colours a document may use. A document stores `#rrggbb`, so that exports and other readers
 * need no stylesheet of ours; on screen a known colour is swapped for its token, which is legible in both schemes.
 */
export type Paint = { name: string; value: string; token: string }

export const MARKERS: readonly Paint[] = [
  { name: "Yellow", value: "#fff1ad", token: "var(--weft-mark-yellow)" },
  { name: "Green", value: "#d3f2dc", token: "var(--weft-mark-green)" },
  { name: "Blue", value: "#d7e6fd", token: "var(--weft-mark-blue)" },
  { name: "Pink", value: "#fbdcec", token: "var(--weft-mark-pink)" },
  { name: "Orange", value: "#fde2c8", token: "var(--weft-mark-orange)" },
]

export const INKS: readonly Paint[] = [
  { name: "Grey", value: "#6f6d66", token: "var(--weft-ink-faint)" },
  { name: "Red", value: "#b42318", token: "var(--weft-danger)" },
  { name: "Amber", value: "#8f5a00", token: "var(--weft-warn)" },
  { name: "Green", value: "#18794e", token: "var(--weft-ok)" },
  { name: "Teal", value: "#0f766e", token: "var(--weft-teal)" },
  { name: "Blue", value: "#2f5fb3", token: "var(--weft-info)" },
  { name: "Indigo", value: "#4f5dc8", token: "var(--weft-accent)" },
]

type Rgb = readonly [number, number, number]

const HEX = /^#[0-9a-f]{6}$/i

/** True for the one spelling we store and draw. Anything else could smuggle declarations into a style attribute. */
export function isHexColor(value: unknown): value is string {
  return typeof value === "string" && HEX.test(value)
}

/** What to draw for a stored colour: its token, itself, or nothing when it isn't a colour at all. */
export function drawnColor(stored: unknown, palette: readonly Paint[]): string | null {
  if (!isHexColor(stored)) return null
  const value = stored.toLowerCase()
  return palette.find((paint) => paint.value === value)?.token ?? value
}

/** The palette's nearest colour to any CSS colour, or null when that is no more than black, white or a grey. */
export function nearestPaint(css: string, palette: readonly Paint[]): string | null {
  const rgb = parseRgb(css)
  if (!rgb || Math.max(...rgb) - Math.min(...rgb) < 28) return null
  let best: string | null = null
  let shortest = Number.POSITIVE_INFINITY
  for (const paint of palette) {
    const gap = hueGap(rgb, parseRgb(paint.value) ?? rgb)
    if (gap < shortest) {
      shortest = gap
      best = paint.value
    }
  }
  return best
}

/** Black or white, whichever reads better on `#rrggbb`. */
export function inkOn(background: string): string {
  const [r, g, b] = (parseRgb(background) ?? [0, 0, 0]).map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.36 ? "#1c1b18" : "#ffffff"
}

function parseRgb(css: string): Rgb | null {
  const text = css.trim().toLowerCase()
  if (HEX.test(text)) {
    return [
      Number.parseInt(text.slice(1, 3), 16),
      Number.parseInt(text.slice(3, 5), 16),
      Number.parseInt(text.slice(5, 7), 16),
    ]
  }
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(text)
  if (short) return parseRgb(`#${short[1]}${short[1]}${short[2]}${short[2]}${short[3]}${short[3]}`)
  const parts = /^rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)(?:[\s,/]+([\d.]+))?/.exec(text)
  if (parts) return parts[4] === "0" ? null : [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  return NAMED[text] ?? null
}

/** Distance by hue first: a pastel marker and its saturated original in Word should meet. */
function hueGap(a: Rgb, b: Rgb): number {
  const hue = ([r, g, b]: Rgb) => (Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI
  const turn = Math.abs(hue(a) - hue(b)) % 360
  return Math.min(turn, 360 - turn)
}

/** The names Word writes for its highlighter and its basic colours. */
const NAMED: Record<string, Rgb> = {
  yellow: [255, 255, 0],
  lime: [0, 255, 0],
  aqua: [0, 255, 255],
  cyan: [0, 255, 255],
  fuchsia: [255, 0, 255],
  magenta: [255, 0, 255],
  red: [255, 0, 0],
  blue: [0, 0, 255],
  green: [0, 128, 0],
  teal: [0, 128, 128],
  navy: [0, 0, 128],
  purple: [128, 0, 128],
  maroon: [128, 0, 0],
  olive: [128, 128, 0],
  orange: [255, 165, 0],
}
