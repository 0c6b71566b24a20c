import { Menu } from "@mantine/core"
import type { Editor } from "@tiptap/core"
import { IconCheck, IconDropletOff } from "@tabler/icons-react"
import { INKS, MARKERS, type Paint } from "../schema/colors"
import type { Format } from "./format"

/** Marker pens and text colours, as rows of swatches. */
export function ColorChoices({ editor, format }: { editor: Editor; format: Format }) {
  const mark = (value: string) =>
    value === format.highlight
      ? editor.chain().focus().unsetHighlight().run()
      : editor.chain().focus().setHighlight({ color: value }).run()
  const ink = (value: string | null) =>
    value === null || value === format.color
      ? editor.chain().focus().setMark("textStyle", { color: null }).removeEmptyTextStyle().run()
      : editor.chain().focus().setMark("textStyle", { color: value }).run()
  return (
    <>
      <Menu.Label>Highlight</Menu.Label>
      <div className="weft-swatches">
        {MARKERS.map((paint) => (
          <Swatch
            key={paint.value}
            paint={paint}
            kind="marker"
            chosen={paint.value === format.highlight}
            onChoose={() => mark(paint.value)}
          />
        ))}
      </div>
      <Menu.Label>Text colour</Menu.Label>
      <div className="weft-swatches">
        {INKS.map((paint) => (
          <Swatch
            key={paint.value}
            paint={paint}
            kind="ink"
            chosen={paint.value === format.color}
            onChoose={() => ink(paint.value)}
          />
        ))}
      </div>
      <Menu.Divider />
      <Menu.Item
        leftSection={<IconDropletOff size={17} stroke={1.75} />}
        onClick={() => {
          editor.chain().focus().unsetHighlight().run()
          ink(null)
        }}
      >
        No colour
      </Menu.Item>
    </>
  )
}

function Swatch({
  paint,
  kind,
  chosen,
  onChoose,
}: {
  paint: Paint
  kind: "marker" | "ink"
  chosen: boolean
  onChoose: () => void
}) {
  const style = kind === "marker" ? { background: paint.token } : { color: paint.token }
  return (
    <Menu.Item
      className="weft-swatch"
      aria-label={`${paint.name}${chosen ? ", chosen" : ""}`}
      title={paint.name}
      style={style}
      onClick={onChoose}
    >
      {kind === "ink" ? "A" : chosen ? <IconCheck size={14} /> : ""}
    </Menu.Item>
  )
}
