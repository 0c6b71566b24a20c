/**
 * A workbench for the editor: two people's editors side by side over linked Y.Docs, with no server. Open it with
 * `npx vite` at /static/dev/editor.html. `?one` shows a single editor, `?sample` fills it, `?blocks=4000` makes it long,
 * `?dark`, `?readonly`, `?lag=500` do what they say.
 */
import "@mantine/core/styles.css"
import "../src/design/tokens.css"
import { MantineProvider } from "@mantine/core"
import type { Editor } from "@tiptap/core"
import { StrictMode, useState } from "react"
import { createRoot } from "react-dom/client"
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness"
import { applyUpdate, Doc } from "yjs"
import { theme, tokensForMantine } from "../src/design/theme"
import { DocumentEditor, OutlinePanel, type Person, Presence, useWordCount } from "../src/editor"
import { sample } from "./sample"

const wishes = new URLSearchParams(location.search)
const lag = Number(wishes.get("lag") ?? 0)

class Side {
  readonly doc = new Doc()
  readonly awareness = new Awareness(this.doc)
  constructor(readonly user: Person) {}
}

const ann = new Side({ id: 1, name: "Ann Archer", color: "#c2410c" })
const bob = new Side({ id: 2, name: "Bob Baker", color: "#0f766e" })

function pipe(from: Side, to: Side): void {
  from.doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin !== to) setTimeout(() => applyUpdate(to.doc, update, from), lag)
  })
  from.awareness.on("update", ({ added, updated, removed }: Record<string, number[]>, origin: unknown) => {
    if (origin === to) return
    const clients = [...(added ?? []), ...(updated ?? []), ...(removed ?? [])]
    setTimeout(() => applyAwarenessUpdate(to.awareness, encodeAwarenessUpdate(from.awareness, clients), from), lag)
  })
}
pipe(ann, bob)
pipe(bob, ann)

function Desk({ side }: { side: Side }) {
  const [editor, setEditor] = useState<Editor | null>(null)
  return (
    <section
      data-side={side.user.name}
      style={{
        flex: 1,
        minWidth: 0,
        height: "100vh",
        overflow: "auto",
        borderRight: "1px solid var(--weft-line)",
        display: "flex",
        flexDirection: "column",
      }}
    >
      <header style={{ display: "flex", gap: 12, alignItems: "center", padding: "8px 14px", minHeight: 44 }}>
        <b>{side.user.name}</b>
        {editor && <Words editor={editor} />}
        <span style={{ flex: 1 }} />
        {editor && <Presence awareness={side.awareness} user={side.user} editor={editor} />}
      </header>
      <div style={{ display: "flex", flex: 1, minHeight: 0 }}>
        <div style={{ flex: 1, minWidth: 0 }}>
          <DocumentEditor
            doc={side.doc}
            awareness={side.awareness}
            editable={!wishes.has("readonly")}
            user={side.user}
            onReady={setEditor}
          />
        </div>
        {editor && wishes.has("outline") && (
          <aside style={{ width: 220, position: "sticky", top: 0, alignSelf: "start" }}>
            <OutlinePanel editor={editor} />
          </aside>
        )}
      </div>
    </section>
  )
}

function Words({ editor }: { editor: Editor }) {
  return <span>{useWordCount(editor)} words</span>
}

if (wishes.has("sample") || wishes.has("blocks")) sample(ann.doc, Number(wishes.get("blocks") ?? 0))
Object.assign(window, { ann, bob })

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={tokensForMantine}
      forceColorScheme={wishes.has("dark") ? "dark" : "light"}
    >
      <main
        style={{
          display: "flex",
          background: "var(--weft-paper)",
          color: "var(--weft-ink)",
          fontFamily: "var(--weft-font)",
        }}
      >
        <Desk side={ann} />
        {!wishes.has("one") && <Desk side={bob} />}
      </main>
    </MantineProvider>
  </StrictMode>,
)
