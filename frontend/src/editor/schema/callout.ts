import { mergeAttributes, Node, wrappingInputRule } from "@tiptap/core"

export const CALLOUT_KINDS = ["info", "success", "warning", "danger"] as const
export type CalloutKind = (typeof CALLOUT_KINDS)[number]

/** GitHub's names for the same four, which is how a callout travels in Markdown. */
const ALERTS: Record<CalloutKind, string> = { info: "NOTE", success: "TIP", warning: "WARNING", danger: "CAUTION" }
const FROM_ALERT: Record<string, CalloutKind> = {
  NOTE: "info",
  IMPORTANT: "info",
  TIP: "success",
  WARNING: "warning",
  CAUTION: "danger",
}

declare module "@tiptap/core" {
  interface Commands<ReturnType> {
    callout: {
      /** Wraps the blocks of the selection in a callout, or changes the kind of the one around them. */
      setCallout: (kind: CalloutKind) => ReturnType
      /** Takes the blocks out of their callout. */
      unsetCallout: () => ReturnType
    }
  }
}

export function calloutKind(value: unknown): CalloutKind {
  return CALLOUT_KINDS.find((kind) => kind === value) ?? "info"
}

/** Which kind GitHub's name of an alert stands for, or our own. */
export function kindOfAlert(name: string): CalloutKind | undefined {
  return FROM_ALERT[name.toUpperCase()] ?? CALLOUT_KINDS.find((kind) => kind === name)
}

/** A tinted box around blocks, of one of four kinds. */
export const Callout = Node.create({
  name: "callout",
  content: "block+",
  group: "block",
  defining: true,

  addAttributes() {
    return {
      kind: {
        default: "info",
        parseHTML: (element) => calloutKind(element.getAttribute("data-kind")),
        renderHTML: ({ kind }) => ({ "data-kind": calloutKind(kind) }),
      },
    }
  },

  parseHTML() {
    return [{ tag: 'div[data-type="callout"]' }]
  },

  renderHTML({ HTMLAttributes, node }) {
    const kind = calloutKind(node.attrs.kind)
    return ["div", mergeAttributes(HTMLAttributes, { "data-type": "callout", dir: "auto", role: "note", "aria-label": kind }), 0]
  },

  addCommands() {
    return {
      setCallout:
        (kind) =>
        ({ commands, editor }) =>
          editor.isActive(this.name)
            ? commands.updateAttributes(this.name, { kind })
            : commands.wrapIn(this.name, { kind }),
      unsetCallout:
        () =>
        ({ commands }) =>
          commands.lift(this.name),
    }
  },

  addInputRules() {
    return [
      wrappingInputRule({
        find: /^\s*(?:!!!|\[!(note|tip|warning|caution|important)\])\s$/i,
        type: this.type,
        getAttributes: (match) => ({ kind: FROM_ALERT[(match[1] ?? "note").toUpperCase()] ?? "info" }),
      }),
    ]
  },

  addKeyboardShortcuts() {
    return {
      // Like a quote: Backspace at the very start of the box unwraps it instead of joining upwards.
      Backspace: () => {
        const { empty, $from } = this.editor.state.selection
        const inside = $from.depth >= 2 && $from.node(-1).type === this.type
        if (!empty || !inside || $from.parentOffset > 0 || $from.index(-1) > 0) return false
        return this.editor.commands.lift(this.name)
      },
    }
  },

  markdownTokenizer: {
    name: "callout",
    level: "block",
    start: (source: string) => source.search(/^> ?\[!/m),
    tokenize: (source, _tokens, lexer) => {
      const match = /^> ?\[!(\w+)\][^\S\n]*\n?((?:>.*(?:\n|$))*)/.exec(source)
      const kind = FROM_ALERT[(match?.[1] ?? "").toUpperCase()]
      if (!match || !kind) return undefined
      const inner = (match[2] ?? "").replace(/^> ?/gm, "")
      return { type: "callout", raw: match[0], kind, tokens: lexer.blockTokens(inner) }
    },
  },

  parseMarkdown: (token, helpers) => {
    const content = helpers.parseChildren(token.tokens ?? [])
    return helpers.createNode("callout", { kind: token.kind }, content.length ? content : [{ type: "paragraph" }])
  },

  renderMarkdown: (node, helpers) => {
    const inner = helpers.renderChildren(node.content ?? [], "\n\n")
    return [`[!${ALERTS[calloutKind(node.attrs?.kind)]}]`, ...inner.split("\n")]
      .map((line) => `> ${line}`.trimEnd())
      .join("\n")
  },
})
