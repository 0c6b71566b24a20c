import type { Extensions } from "@tiptap/core"
import { Collaboration } from "@tiptap/extension-collaboration"
import { Markdown } from "@tiptap/markdown"
import type { Awareness } from "y-protocols/awareness"
import type { Doc, UndoManager } from "yjs"
import { RemoteCarets } from "./collaboration/carets"
import { bodyOf } from "./collaboration/fields"
import { NarrowRemoteEdits } from "./collaboration/narrow"
import type { Person } from "./collaboration/people"
import { Find } from "./find/find"
import { Panels } from "./panels"
import { Paste } from "./paste"
import { documentSchema } from "./schema"
import { ClearNodes } from "./typing/clearNodes"
import { BlockKeys, UndoOfShortcuts } from "./typing/keys"
import { Placeholder } from "./typing/placeholder"
import { WholeCharacters } from "./typing/wholeCharacters"

export type EditorSetup = {
  doc: Doc
  history: UndoManager
  awareness?: Awareness
  user?: Person
}

/** Everything an editor of one document is made of, save what draws menus. Tests build theirs from the same list. */
export function editorExtensions({ doc, history, awareness, user }: EditorSetup): Extensions {
  return [
    ...documentSchema(),
    Collaboration.configure({ fragment: bodyOf(doc), yUndoOptions: { undoManager: history } as never }),
    NarrowRemoteEdits,
    RemoteCarets.configure({ doc, awareness: awareness ?? null, user: user ?? null }),
    Markdown,
    Panels,
    Find,
    Paste,
    Placeholder,
    BlockKeys,
    UndoOfShortcuts,
    ClearNodes,
    WholeCharacters,
  ]
}
