import { OrderedList } from "@tiptap/extension-list"

/** A numbered list, without two ways in which Tiptap's reads what isn't one or reads it wrong. */
export const NumberedList = OrderedList.extend({
  // Markdown's own reader knows numbered lists. Tiptap's counts their indentation short and shifts code within them.
  markdownTokenizer: null as never,
  // Tiptap's makes a list of any pasted line that begins like "1." or "A.", also in the middle of a sentence or of code.
  addProseMirrorPlugins: () => [],
})
