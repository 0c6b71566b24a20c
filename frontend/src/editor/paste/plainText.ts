import { getTextSerializersFromSchema } from "@tiptap/core"
import { Fragment, type Node as PmNode, type Slice } from "@tiptap/pm/model"

/**
 * What was copied as programs without formatting get it: a line for each item of a list, with its sign, a line for each
 * row of a table, and an empty line between other blocks. Tiptap's own counts a blank line for each level of nesting.
 */
export function plainText({ content, openStart, openEnd }: Slice): string {
  let part = content
  // A few words out of an item are words, not an item.
  for (let open = Math.min(openStart, openEnd); open > 0; open--) {
    const only = part.childCount === 1 ? part.firstChild : null
    if (!only || (/List$|^table/.test(only.type.name) && only.childCount > 1)) break
    part = only.content
  }
  return part.firstChild?.isInline ? inline(part) : blocks(part)
}

/** The whole document as plain text. */
export function documentText(doc: PmNode): string {
  return blocks(doc.content)
}

const each = <T>(content: Fragment, read: (node: PmNode, index: number) => T): T[] => content.content.map(read)

function blocks(content: Fragment): string {
  const tight = /Item$/.test(content.firstChild?.type.name ?? "") || content.firstChild?.type.name === "tableRow"
  if (tight) return each(content, block).join("\n")
  return each(content, block)
    .filter((text) => text !== "")
    .join("\n\n")
}

function block(node: PmNode): string {
  if (node.isTextblock) return inline(node.content)
  switch (node.type.name) {
    case "orderedList":
      return each(node.content, (item, index) => listItem(item, `${Number(node.attrs.start ?? 1) + index}. `)).join("\n")
    case "listItem":
      return listItem(node, "- ")
    case "taskItem":
      return listItem(node, node.attrs.checked ? "[x] " : "[ ] ")
    case "tableRow":
      return each(node.content, (cell) => blocks(cell.content).replace(/\s*\n\s*/g, " ")).join("\t")
    default:
      return node.isLeaf ? inline(Fragment.from(node)) : blocks(node.content)
  }
}

function listItem(item: PmNode, sign: string): string {
  const text = each(item.content, block).join("\n")
  return sign + text.replace(/\n/g, `\n${" ".repeat(sign.length)}`)
}

function inline(content: Fragment): string {
  return each(content, (node) => {
    if (node.isText) return node.text
    return getTextSerializersFromSchema(node.type.schema)[node.type.name]?.({ node } as never) ?? ""
  }).join("")
}
