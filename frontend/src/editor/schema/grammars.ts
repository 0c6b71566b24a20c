import { common, createLowlight } from "lowlight"

/** Loaded only when a document has code in it; a module of its own so that the bundler drops the 150 rarer grammars. */
export const lowlight = createLowlight(common)
