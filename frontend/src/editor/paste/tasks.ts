/** Makes a list's item, and with it the list, one of tasks. */
export function makeTask(item: HTMLElement, done: boolean): void {
  item.dataset.type = "taskItem"
  item.dataset.checked = String(done)
  item.parentElement?.setAttribute("data-type", "taskList")
}

/**
 * Lists of tasks as GitHub and our own export write them (a checkbox begins the item), and as Notion does (`[x]` does).
 * Only where all items are tasks: a list is of one kind.
 */
export function readTasks(root: HTMLElement): void {
  for (const list of root.querySelectorAll("ul, ol")) {
    const items = [...list.children].filter((child) => child.tagName === "LI") as HTMLElement[]
    if (items.length === 0 || items.some((item) => boxOf(item) === null)) continue
    for (const item of items) {
      const box = boxOf(item)
      if (box instanceof HTMLInputElement) {
        makeTask(item, box.hasAttribute("checked"))
        box.remove()
      } else if (box) {
        const text = box.textContent ?? ""
        makeTask(item, /^\s*\[x/i.test(text))
        box.textContent = text.replace(TYPED_BOX, "")
      }
    }
  }
}

const TYPED_BOX = /^\s*\[[ x]\]\s+/i

/** The checkbox that begins an item, or the text in which one is typed. */
function boxOf(item: HTMLElement): HTMLInputElement | Text | null {
  const walker = item.ownerDocument.createTreeWalker(item, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const { currentNode: node } = walker
    if (node instanceof HTMLInputElement) return node.type === "checkbox" ? node : null
    if (node instanceof Text && (node.textContent ?? "").trim()) return TYPED_BOX.test(node.textContent ?? "") ? node : null
  }
  return null
}
