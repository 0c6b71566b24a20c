import { Extension } from "@tiptap/core"
import type { ResolvedPos } from "@tiptap/pm/model"
import { Plugin, PluginKey, TextSelection } from "@tiptap/pm/state"

/**
 * Keeps the selection's ends out of the middle of emoji. Browsers do so, but positions also come from scripts, menus and
 * other people's edits; typing there would cut a surrogate pair in two, which no store of ours can hold.
 */
export const WholeCharacters = Extension.create({
  name: "wholeCharacters",
  addProseMirrorPlugins() {
    return [
      new Plugin({
        key: new PluginKey("wholeCharacters"),
        appendTransaction: (_transactions, _before, { selection, tr, doc }) => {
          if (!(selection instanceof TextSelection)) return null
          const anchor = outOfPair(selection.$anchor)
          const head = selection.empty ? anchor : outOfPair(selection.$head)
          if (anchor === selection.anchor && head === selection.head) return null
          return tr.setSelection(TextSelection.create(doc, anchor, head))
        },
      }),
    ]
  },
})

/** The position itself, or the one after the character it is within. */
function outOfPair({ pos, nodeBefore, nodeAfter, textOffset }: ResolvedPos): number {
  // Only within one text node: no mark of ours begins inside a character.
  if (textOffset === 0 || !nodeBefore?.isText || !nodeAfter?.isText) return pos
  const left = nodeBefore.text?.charCodeAt(nodeBefore.text.length - 1) ?? 0
  const right = nodeAfter.text?.charCodeAt(0) ?? 0
  return left >= 0xd800 && left <= 0xdbff && right >= 0xdc00 && right <= 0xdfff ? pos + 1 : pos
}
