import { Tooltip } from "@mantine/core"
import type { Icon } from "@tabler/icons-react"
import { type ComponentProps, forwardRef } from "react"
import { readableKeys } from "./shortcuts"

type Props = ComponentProps<"button"> & {
  icon: Icon
  label: string
  keys?: string
  active?: boolean
  onPress?: () => void
}

/**
 * One button of a toolbar. It doesn't take the caret from the text when pressed by mouse or finger. As the target of a
 * menu it is given further props, a class among them.
 */
export const Tool = forwardRef<HTMLButtonElement, Props>(function Tool(
  { icon: Glyph, label, keys, active, onPress, children, className = "", ...rest },
  ref,
) {
  const hint = keys ? `${label} · ${readableKeys(keys)}` : label
  return (
    <Tooltip label={hint} events={{ hover: true, focus: false, touch: false }}>
      <button
        ref={ref}
        type="button"
        aria-label={label}
        aria-pressed={active}
        onClick={onPress}
        {...rest}
        className={`weft-tool ${className}`}
        onMouseDown={(event) => event.preventDefault()}
      >
        <Glyph size={18} stroke={1.75} aria-hidden />
        {children}
      </button>
    </Tooltip>
  )
})
