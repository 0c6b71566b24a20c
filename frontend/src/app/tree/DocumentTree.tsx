import { dragAndDropFeature, hotkeysCoreFeature, isOrderedDragTarget, syncDataLoaderFeature } from "@headless-tree/core"
import { useTree } from "@headless-tree/react"
import { ActionIcon, Tooltip } from "@mantine/core"
import { IconChevronRight, IconDots, IconFileText, IconPlus } from "@tabler/icons-react"
import { useVirtualizer } from "@tanstack/react-virtual"
import { type MouseEvent, type RefObject, useEffect, useRef, useState } from "react"
import { useLocation } from "wouter"
import type { Document } from "../../api/types"
import { useDocumentActions } from "../data/actions"
import { DocumentContextMenu, type MenuPoint } from "../dialogs/DocumentContextMenu"
import { isHere, useKept } from "../offline/kept"
import { OfflineMark } from "../offline/OfflineMark"
import { useOffline } from "../offline/reach"
import { useExpanded } from "../remembered"
import { mayArrange, mayEdit } from "../rights"
import { routes } from "../routes"
import styles from "./DocumentTree.module.css"
import { type DocumentTree as Tree, ancestorsOf, childrenOf, mayStandUnder, placeAt, standsThere, titleOf } from "./model"

/** Stands above the roots; no document has this id. */
const ROOT = "root"
const ROW_HEIGHT = 32
const INDENT = 14

const parentOf = (id: string): string | null => (id === ROOT ? null : id)

const isArrangeable = (document: Document | undefined): boolean => document !== undefined && mayArrange(document)

interface Props {
  tree: Tree
  workspace: string
  current: string | undefined
  /** What scrolls: the whole sidebar does, so that a long tree and the links above it need one scrollbar. */
  scroller: RefObject<HTMLElement | null>
  mayCreate: boolean
  onOpen(): void
}

/**
 * The workspace's documents as an ARIA tree: arrow keys walk and unfold it, Enter opens, the menu key or a right click
 * brings the menu (where "Move to…" is what dragging is for the mouse). Only the rows in sight are in the page.
 */
export function DocumentTree({ tree, workspace, current, scroller, mayCreate, onOpen }: Props) {
  const [, navigate] = useLocation()
  const actions = useDocumentActions()
  const offline = useOffline()
  const kept = useKept(offline)
  const [expanded, setExpanded] = useExpanded(workspace)
  const [focused, setFocused] = useState<string | null>(null)
  const [menu, setMenu] = useState<{ document: Document; at: MenuPoint } | null>(null)
  const list = useRef<HTMLDivElement>(null)

  const headless = useTree<Document | undefined>({
    rootItemId: ROOT,
    state: { expandedItems: expanded, focusedItem: focused !== null && tree.byId.has(focused) ? focused : null },
    setExpandedItems: setExpanded,
    setFocusedItem: setFocused,
    getItemName: (item) => titleOf(item.getItemData() ?? { title: "" }),
    // Any document can take children; only one that has some can be unfolded.
    isItemFolder: (item) => childrenOf(tree, parentOf(item.getId())).length > 0,
    dataLoader: {
      getItem: (id) => tree.byId.get(id),
      getChildren: (id) => [...childrenOf(tree, parentOf(id))],
    },
    indent: INDENT,
    canReorder: true,
    canDrag: (items) => !offline && items.every((item) => isArrangeable(item.getItemData())),
    canDrop: (items, target) =>
      items.every((item) => mayStandUnder(tree, item.getId(), parentOf(target.item.getId()))) &&
      (target.item.getId() === ROOT || isArrangeable(target.item.getItemData())),
    onDrop: (items, target) => {
      const [item] = items
      const document = item?.getItemData()
      if (!document) return
      const parent = parentOf(target.item.getId())
      const index = isOrderedDragTarget(target) ? target.childIndex : childrenOf(tree, parent).length
      const place = placeAt(tree, document.id, parent, index)
      if (parent !== null) setExpanded((open) => (open.includes(parent) ? open : [...open, parent]))
      if (!standsThere(tree, document.id, place)) void actions.move(document, place)
    },
    scrollToItem: (item) => virtual.scrollToIndex(item.getItemMeta().index),
    features: [syncDataLoaderFeature, hotkeysCoreFeature, dragAndDropFeature],
  })

  // The library keeps its own flat copy and is told when ours changes, before the rows below are read from it.
  useEffect(() => headless.rebuildTree(), [headless, tree, expanded])

  // Whoever arrives by a link sees where they are.
  useEffect(() => {
    if (current === undefined || !tree.byId.has(current)) return
    const folded = ancestorsOf(tree, current).map((document) => document.id)
    setExpanded((open) => (folded.every((id) => open.includes(id)) ? open : [...new Set([...open, ...folded])]))
    setFocused(current)
    // Only on arrival: folding a branch away by hand while a document in it is open must be possible.
    // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  }, [current, tree.byId.has(current ?? "")])

  const items = headless.getItems().filter((item) => tree.byId.has(item.getId()))
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: list.current?.offsetTop ?? 0,
    getItemKey: (index) => items[index]?.getId() ?? index,
  })

  const addInside = async (parent: Document) => {
    const created = await actions.create({ workspace: parent.workspace, parent: parent.id })
    if (!created) return
    setExpanded((open) => [...open, parent.id])
    onOpen()
    navigate(routes.document(created.id))
  }

  const openMenu = (document: Document) => (event: MouseEvent) => {
    event.preventDefault()
    // The menu key reports no pointer: the menu opens at the row then.
    const box = event.currentTarget.getBoundingClientRect()
    const byKey = event.clientX === 0 && event.clientY === 0
    setMenu({ document, at: byKey ? { x: box.left + 24, y: box.bottom } : { x: event.clientX, y: event.clientY } })
  }

  return (
    <>
      <div {...headless.getContainerProps("Documents")} className={styles.tree}>
        <div ref={list} role="none" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((row) => {
            const item = items[row.index]
            const document = item && tree.byId.get(item.getId())
            if (!item || !document) return null
            const { onClick: _unfoldsToo, ...props } = item.getProps()
            const indent = item.getItemMeta().level * INDENT
            return (
              <div
                key={document.id}
                role="none"
                className={styles.row}
                data-current={document.id === current || undefined}
                data-away={(offline && !isHere(kept, document.id)) || undefined}
                data-target={item.isUnorderedDragTarget() || undefined}
                style={{ height: ROW_HEIGHT, transform: `translateY(${row.start - virtual.options.scrollMargin}px)` }}
              >
                <a
                  {...props}
                  href={routes.document(document.id)}
                  aria-current={document.id === current ? "page" : undefined}
                  aria-selected={document.id === current}
                  className={styles.link}
                  style={{ paddingInlineStart: indent + 30 }}
                  onClick={(event) => {
                    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
                    event.preventDefault()
                    item.setFocused()
                    onOpen()
                    navigate(routes.document(document.id))
                  }}
                  onContextMenu={openMenu(document)}
                >
                  <span className={styles.title}>{titleOf(document)}</span>
                  {offline && <OfflineMark here={isHere(kept, document.id)} />}
                </a>
                {item.isFolder() ? (
                  <button
                    type="button"
                    tabIndex={-1}
                    aria-hidden
                    className={styles.fold}
                    style={{ insetInlineStart: indent + 4 }}
                    onClick={() => (item.isExpanded() ? item.collapse() : item.expand())}
                  >
                    <IconChevronRight size={14} stroke={2} data-open={item.isExpanded() || undefined} />
                  </button>
                ) : (
                  <span className={styles.leaf} style={{ insetInlineStart: indent + 4 }} aria-hidden>
                    <IconFileText size={15} stroke={1.6} />
                  </span>
                )}
                <span className={styles.tools}>
                  <ActionIcon tabIndex={-1} size={24} aria-label={`Menu of ${titleOf(document)}`} onClick={openMenu(document)}>
                    <IconDots size={15} />
                  </ActionIcon>
                  {mayCreate && !offline && mayEdit(document) && (
                    <Tooltip label="New document inside">
                      <ActionIcon
                        tabIndex={-1}
                        size={24}
                        aria-label={`New document inside ${titleOf(document)}`}
                        onClick={() => void addInside(document)}
                      >
                        <IconPlus size={15} />
                      </ActionIcon>
                    </Tooltip>
                  )}
                </span>
              </div>
            )
          })}
        </div>
        <div className={styles.line} style={headless.getDragLineStyle()} aria-hidden />
      </div>
      {menu && <DocumentContextMenu document={menu.document} at={menu.at} onClose={() => setMenu(null)} />}
    </>
  )
}
