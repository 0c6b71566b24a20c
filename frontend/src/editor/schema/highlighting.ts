import type { Node as PmNode } from "@tiptap/pm/model"
import { Plugin, PluginKey } from "@tiptap/pm/state"
import { Decoration, DecorationSet, type EditorView } from "@tiptap/pm/view"
import { touchedRange } from "../changes"
import { knownLanguage } from "./languages"

type Grammars = typeof import("./grammars").lowlight
type Token = { from: number; to: number; style: string }
type HastNode = { type: string; value?: string; children?: HastNode[]; properties?: { className?: string[] } }

const key = new PluginKey<DecorationSet>("highlighting")

/** Past this, colouring a block on every keystroke in it would be felt; it stays plain. */
const LARGEST_BLOCK = 30_000

/**
 * Colours code blocks. Only blocks a transaction touched are read again, and nothing is loaded until there is one:
 * Tiptap's own lowlight plugin walks the whole document at each keystroke and wants the grammars up front.
 */
export function highlighting(): Plugin {
  let grammars: Grammars | null = null
  let asked = false

  const ask = (view: EditorView) => {
    if (asked || !holdsCode(view.state.doc)) return
    asked = true
    import("./grammars").then(
      (module) => {
        grammars = module.lowlight
        if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(key, "loaded"))
      },
      () => {
        asked = false // offline, perhaps: the next code block asks again
      },
    )
  }

  return new Plugin<DecorationSet>({
    key,
    state: {
      init: () => DecorationSet.empty,
      apply: (transaction, before) => {
        if (!grammars) return before
        if (transaction.getMeta(key) === "loaded")
          return colour(before, transaction.doc, 0, transaction.doc.content.size, grammars)
        const touched = touchedRange(transaction)
        if (!touched) return before
        return colour(
          before.map(transaction.mapping, transaction.doc),
          transaction.doc,
          touched.from,
          touched.to,
          grammars,
        )
      },
    },
    props: { decorations: (state) => key.getState(state) },
    view: (view) => {
      ask(view)
      return {
        update: (view, before) => {
          if (!asked && view.state.doc !== before.doc) ask(view)
        },
      }
    },
  })
}

/** A shallow look suffices for most keystrokes: children are shared between versions, and code is mostly top-level. */
const codeFree = new WeakSet<PmNode>()

function holdsCode(node: PmNode): boolean {
  if (node.type.spec.code) return true
  if (node.isTextblock || codeFree.has(node)) return false
  for (let index = 0; index < node.childCount; index++) if (holdsCode(node.child(index))) return true
  codeFree.add(node)
  return false
}

function colour(set: DecorationSet, doc: PmNode, from: number, to: number, grammars: Grammars): DecorationSet {
  let result = set
  doc.nodesBetween(from, to, (node, pos) => {
    if (!node.type.spec.code) return !node.isTextblock
    const inside = pos + 1
    result = result.remove(result.find(inside, inside + node.content.size))
    const fresh = tokens(node, grammars).map((token) =>
      Decoration.inline(inside + token.from, inside + token.to, { class: token.style }),
    )
    result = result.add(doc, fresh)
    return false
  })
  return result
}

function tokens(node: PmNode, grammars: Grammars): Token[] {
  const language = knownLanguage(node.attrs.language)
  const code = node.textContent
  if (!language || code.length > LARGEST_BLOCK || !grammars.registered(language)) return []
  const found: Token[] = []
  let at = 0
  const walk = (nodes: HastNode[], style: string) => {
    for (const item of nodes) {
      if (item.type === "text") {
        const length = item.value?.length ?? 0
        if (style !== "" && length > 0) found.push({ from: at, to: at + length, style })
        at += length
      } else {
        walk(item.children ?? [], [style, ...(item.properties?.className ?? [])].join(" ").trim())
      }
    }
  }
  walk(grammars.highlight(language, code).children as HastNode[], "")
  return found
}
