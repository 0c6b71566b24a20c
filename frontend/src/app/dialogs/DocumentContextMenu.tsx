import { Menu, Portal } from "@mantine/core"
import { useEffect, useRef } from "react"
import type { Document } from "../../api/types"
import { DocumentMenuItems } from "./DocumentMenuItems"

export interface MenuPoint {
  x: number
  y: number
}

interface Props {
  document: Document
  at: MenuPoint
  onClose(): void
}

/** The document's menu where the pointer is. What had the focus gets it back, so arrow keys go on in the tree. */
export function DocumentContextMenu({ document, at, onClose }: Props) {
  const before = useRef<Element | null>(null)
  useEffect(() => {
    before.current = window.document.activeElement
  }, [])
  const close = () => {
    onClose()
    if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true })
  }
  return (
    <Menu opened onClose={close} position="bottom-start" offset={2} width={232} withinPortal>
      <Portal>
        <Menu.Target>
          <span style={{ position: "fixed", left: at.x, top: at.y, width: 0, height: 0 }} />
        </Menu.Target>
      </Portal>
      <Menu.Dropdown aria-label="Document">
        <DocumentMenuItems document={document} />
      </Menu.Dropdown>
    </Menu>
  )
}
