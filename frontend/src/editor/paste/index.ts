import { Extension } from "@tiptap/core"
import { Slice } from "@tiptap/pm/model"
import { Plugin, PluginKey } from "@tiptap/pm/state"
import { cleanPastedHtml } from "./clean"
import { looksLikeMarkdown, markdownSlice } from "./markdown"
import { plainText } from "./plainText"

/**
 * The only ones of Tiptap's rules that may rework a paste: addresses become links. Those for marks see Markdown wherever
 * signs stand, as in `x * 2 ** y`, and take them away; `looksLikeMarkdown` decides about that, once for the whole text.
 */
export const PASTE_RULES = ["link"]

/** Lines of code stay a block: opened into a paragraph, their line ends would be spaces to every reader of it. */
function asBlock(slice: Slice): Slice {
  const [only] = slice.content.content
  const lines = slice.content.childCount === 1 && only?.type.spec.code === true && only.textContent.includes("\n")
  return lines ? new Slice(slice.content, 0, 0) : slice
}

/**
 * What comes from the clipboard, in our terms: cleaned HTML, and Markdown where plain text reads like it. And what goes
 * to it for programs that take text alone.
 */
export const Paste = Extension.create({
  name: "pasteCleaning",
  priority: 200, // before Tiptap's own serializer, of which the first to answer is taken
  addProseMirrorPlugins() {
    const { editor } = this
    return [
      new Plugin({
        key: new PluginKey("pasteCleaning"),
        props: {
          transformPastedHTML: cleanPastedHtml,
          transformPasted: (slice, view) => (view.state.selection.$from.parent.type.spec.code ? slice : asBlock(slice)),
          clipboardTextSerializer: plainText,
          // `plain` is set by Ctrl+Shift+V, which asks for the text as it stands. Null leaves it to ProseMirror.
          clipboardTextParser: (text, $context, plain) =>
            (plain || $context.parent.type.spec.code || !looksLikeMarkdown(text)
              ? null
              : markdownSlice(editor, text)) as never,
        },
      }),
    ]
  },
})
