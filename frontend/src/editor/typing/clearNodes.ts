import { Extension } from "@tiptap/core"
import type { ResolvedPos } from "@tiptap/pm/model"
import { liftTarget } from "@tiptap/pm/transform"

/**
 * Makes plain lines of the blocks in the selection, as Tiptap's command of the same name does, which it takes the place of:
 * that one also lifts what surrounds them, so that turning a line of a table cell into code took the whole table out of
 * its box. Here a cell's lines change within the cell.
 */
export const ClearNodes = Extension.create({
  name: "clearNodes",
  addCommands() {
    return {
      clearNodes:
        () =>
        ({ state, tr, dispatch }) => {
          if (!dispatch) return true
          for (const { $from, $to } of tr.selection.ranges) {
            const outside = startOfCell($from)
            state.doc.nodesBetween($from.pos, $to.pos, (node, pos) => {
              if (node.isText || pos <= outside) return
              const $start = tr.doc.resolve(tr.mapping.map(pos))
              const range = $start.blockRange(tr.doc.resolve(tr.mapping.map(pos + node.nodeSize)))
              if (!range) return
              const depth = liftTarget(range)
              if (node.isTextblock) {
                tr.setNodeMarkup(range.start, $start.parent.contentMatchAt($start.index()).defaultType)
              }
              if (depth !== null) tr.lift(range, depth)
            })
          }
          return true
        },
    }
  },
})

/** Where the innermost thing begins that edits don't leave, a cell mostly; before everything when there is none. */
function startOfCell($pos: ResolvedPos): number {
  for (let depth = $pos.depth; depth > 0; depth--) {
    if ($pos.node(depth).type.spec.isolating) return $pos.before(depth)
  }
  return -1
}
