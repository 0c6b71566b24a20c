import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core"

const indigo: MantineColorsTuple = [
  "#eef0fb",
  "#dcdff6",
  "#bac0ec",
  "#959fe2",
  "#7682d9",
  "#616fd3",
  "#4f5dc8",
  "#424fb2",
  "#38449b",
  "#2b357c",
]

/** Dark enough for text on paper (6), light enough for text in the dark (4). */
const red: MantineColorsTuple = [
  "#fdeeec",
  "#fad7d3",
  "#f4b0a8",
  "#f2938a",
  "#ff8f84",
  "#e5675b",
  "#c0362a",
  "#a82a1f",
  "#8f2218",
  "#741b13",
]

/** What Mantine paints dark mode with, from text to ground, tuned to the tokens' cool grey. */
const dark: MantineColorsTuple = [
  "#e7e6e3",
  "#c9c7c3",
  "#94928d",
  "#5b5e68",
  "#3a3d45",
  "#2e3037",
  "#212329",
  "#17181c",
  "#131417",
  "#0e0f11",
]

/** Mantine in Weft's clothes: it takes its type, corners and shadows from `tokens.css`, so both kinds of page match. */
export const theme = createTheme({
  colors: { indigo, red, dark },
  primaryColor: "indigo",
  primaryShade: 6,
  fontFamily: "var(--weft-font)",
  fontFamilyMonospace: "var(--weft-font-mono)",
  headings: { fontFamily: "var(--weft-font)", fontWeight: "650" },
  fontSizes: {
    xs: "var(--weft-text-xs)",
    sm: "var(--weft-text-sm)",
    md: "var(--weft-text-md)",
    lg: "var(--weft-text-lg)",
    xl: "var(--weft-text-xl)",
  },
  radius: {
    xs: "3px",
    sm: "var(--weft-radius-s)",
    md: "var(--weft-radius-m)",
    lg: "var(--weft-radius-l)",
    xl: "22px",
  },
  defaultRadius: "md",
  shadows: {
    xs: "var(--weft-shadow-s)",
    sm: "var(--weft-shadow-s)",
    md: "var(--weft-shadow-m)",
    lg: "var(--weft-shadow-l)",
    xl: "var(--weft-shadow-l)",
  },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false } },
    Menu: { defaultProps: { shadow: "md", radius: "md", transitionProps: { duration: 90 } } },
    Modal: { defaultProps: { centered: true, radius: "lg", padding: "lg", overlayProps: { color: "#000", backgroundOpacity: 0.4 } } },
    Switch: { defaultProps: { withThumbIndicator: false } },
    Spotlight: { defaultProps: { overlayProps: { color: "#000", backgroundOpacity: 0.35, blur: 0 } } },
    Loader: { defaultProps: { size: "sm" } },
  },
})

const surfaces = {
  "--mantine-color-body": "var(--weft-paper)",
  "--mantine-color-text": "var(--weft-ink)",
  "--mantine-color-dimmed": "var(--weft-ink-faint)",
  "--mantine-color-default": "var(--weft-raised)",
  "--mantine-color-default-hover": "var(--weft-well)",
  "--mantine-color-default-color": "var(--weft-ink)",
  "--mantine-color-default-border": "var(--weft-line-strong)",
  "--mantine-color-placeholder": "var(--weft-ink-faint)",
  "--mantine-color-error": "var(--weft-danger)",
  "--mantine-color-anchor": "var(--weft-accent)",
}

/** Mantine's own surfaces and inks are redirected to the tokens, in both schemes alike. */
export const tokensForMantine: CSSVariablesResolver = () => ({ variables: {}, light: surfaces, dark: surfaces })
