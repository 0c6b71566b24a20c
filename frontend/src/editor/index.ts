/**
 * The editor: a document's title and text over a given Y.Doc and Awareness. It knows no network; whoever shows it
 * brings the document up to date and carries its updates away.
 */
export { DocumentEditor, type DocumentEditorProps } from "./DocumentEditor"
export type { Person } from "./collaboration/people"
export { FindBar } from "./find/FindBar"
export { ShortcutSheet } from "./menus/ShortcutSheet"
export { useOutline, useWordCount } from "./outline/hooks"
export { OutlinePanel } from "./outline/OutlinePanel"
export { WordCount } from "./outline/WordCount"
export { type Heading, headingsIn, wordCount } from "./outline/text"
export { openFind, openShortcuts } from "./panels"
export { copyAsMarkdown, toMarkdown } from "./paste/markdown"
export { documentText } from "./paste/plainText"
export { Presence } from "./presence/Presence"
export { focusEnd } from "./typing/trailingLine"
