import { Modal } from "@mantine/core"
import type { Editor } from "@tiptap/core"
import { closePanel } from "../panels"
import { useStore } from "../store"
import { readableKeys, SHORTCUTS, type Shortcut, TYPED } from "./shortcuts"
import "./sheet.css"

/** Every shortcut on one sheet. Part of `DocumentEditor`; opened by Ctrl/Cmd+/ or `openShortcuts`. */
export function ShortcutSheet({ editor }: { editor: Editor }) {
  const panel = useStore(editor.storage.panels.store)
  const close = () => {
    closePanel(editor, "shortcuts")
    editor.commands.focus(undefined, { scrollIntoView: false })
  }
  return (
    <Modal
      opened={panel.kind === "shortcuts"}
      onClose={close}
      title="Keyboard shortcuts"
      size={780}
      returnFocus={false}
    >
      <div className="weft-sheet">
        {SHORTCUTS.map(({ group, items }) => (
          <Group key={group} name={group} items={items} show={readableKeys} />
        ))}
        <Group name="As you type" items={TYPED} show={(keys) => keys} />
      </div>
    </Modal>
  )
}

function Group({ name, items, show }: { name: string; items: readonly Shortcut[]; show: (keys: string) => string }) {
  return (
    <section>
      <h3>{name}</h3>
      <dl>
        {items.map((item) => (
          <div key={item.name}>
            <dt>{item.name}</dt>
            <dd>
              <kbd>{show(item.keys)}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
