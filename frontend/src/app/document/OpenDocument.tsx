import { Drawer, Skeleton } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { useQueryClient } from "@tanstack/react-query"
import type { Editor } from "@tiptap/core"
import { useEffect, useMemo, useRef, useState } from "react"
import { useLocation } from "wouter"
import type { Document } from "../../api/types"
import { DocumentEditor, OutlinePanel, openFind, openShortcuts, Presence } from "../../editor"
import { showTitle } from "../data/actions"
import { forgetLiveTitle, setLiveTitle } from "../data/liveTitles"
import { useSignedIn } from "../data/queries"
import { useOutlineShown, useRememberedWorkspace } from "../remembered"
import { routes } from "../routes"
import { titleOf } from "../tree/model"
import { usePageTitle } from "../usePageTitle"
import { DocumentHeader, type EditorControls } from "./DocumentHeader"
import { EndNotice } from "./EndNotice"
import type { LiveDocument } from "./liveDocuments"
import styles from "./OpenDocument.module.css"
import { StatusLine } from "./StatusLine"
import { TrashedNotice } from "./TrashedNotice"
import { useDiagnosis, useLiveDocument, useLiveTitle, useReadOnly, useSettled, useStatus, useSynced } from "./useLiveDocument"

/** A document that is there for us: header at once, the text as soon as it has come. */
export function OpenDocument({ document }: { document: Document }) {
  const [, navigate] = useLocation()
  const live = useLiveDocument(document.id)
  useItsWorkspace(document)
  const onTrashed = () => navigate(routes.workspace(document.workspace))
  if (live) return <LiveView document={document} live={live} onTrashed={onTrashed} />
  return (
    <>
      <DocumentHeader document={document} title={document.title} onTrashed={onTrashed} />
      <EditorSkeleton />
    </>
  )
}

/** The sidebar shows the surroundings of the document, also for who came by a link. */
function useItsWorkspace(document: Document): void {
  const { workspaces } = useSignedIn()
  const [, remember] = useRememberedWorkspace()
  const member = workspaces.some(({ id }) => id === document.workspace)
  useEffect(() => {
    if (member) remember(document.workspace)
  }, [member, document.workspace, remember])
}

interface LiveViewProps {
  document: Document
  live: LiveDocument
  onTrashed(): void
}

function LiveView({ document, live, onTrashed }: LiveViewProps) {
  const { doc, awareness, provider } = live
  const { user } = useSignedIn()
  const person = useMemo(() => ({ id: user.id, name: user.name, color: user.color }), [user.id, user.name, user.color])
  const status = useStatus(provider)
  const readOnly = useReadOnly(provider)
  const synced = useSynced(provider)
  const title = useTitleEverywhere(document, live, synced)
  const [editor, setEditor] = useState<Editor | null>(null)
  // Beside the text the outline is a habit worth remembering; over it, on a phone, it is a moment's help.
  const [outlineBeside, setOutlineBeside] = useOutlineShown()
  const [outlineOver, setOutlineOver] = useState(false)
  const narrow = useMediaQuery("(max-width: 68em)", undefined, { getInitialValueInEffect: false }) ?? false
  const paper = useRef<HTMLDivElement>(null)

  const editable = synced && !readOnly && status.kind !== "ended"
  useFocusOnEmpty(paper, editor, editable)

  const controls: EditorControls | undefined = editor
    ? {
        outlineShown: narrow ? outlineOver : outlineBeside,
        toggleOutline: () => (narrow ? setOutlineOver(!outlineOver) : setOutlineBeside(!outlineBeside)),
        find: () => openFind(editor),
        showShortcuts: () => openShortcuts(editor),
      }
    : undefined

  return (
    <>
      <DocumentHeader
        document={document}
        title={title}
        readOnly={synced ? readOnly : undefined}
        status={<StatusLine status={useSettled(status)} diagnosis={useDiagnosis(provider)} provider={provider} />}
        people={<Presence awareness={awareness} user={person} editor={editor} />}
        controls={controls}
        onTrashed={onTrashed}
      />
      {status.kind === "ended" && (
        <EndNotice document={document} provider={provider} reason={status.reason} waiting={status.waiting} readText={() => editor?.getText() ?? ""} />
      )}
      {document.trashed_at !== null && status.kind !== "ended" && <TrashedNotice document={document} />}
      <div className={styles.row}>
        <div ref={paper} className={styles.paper}>
          {synced ? (
            <DocumentEditor doc={doc} awareness={awareness} editable={editable} user={person} onReady={setEditor} />
          ) : (
            status.kind !== "ended" && <EditorSkeleton />
          )}
        </div>
        {editor && outlineBeside && !narrow && (
          <aside className={styles.outline}>
            <OutlinePanel editor={editor} />
          </aside>
        )}
      </div>
      {editor && narrow && (
        <Drawer opened={outlineOver} onClose={() => setOutlineOver(false)} position="right" size="18rem" title="Outline">
          <OutlinePanel editor={editor} onJump={() => setOutlineOver(false)} />
        </Drawer>
      )}
    </>
  )
}

/** The title that is being typed, in the header, the tab and every list of this tab. */
function useTitleEverywhere(document: Document, { id, doc }: LiveDocument, synced: boolean): string {
  const client = useQueryClient()
  const live = useLiveTitle(doc)
  const title = synced ? live : document.title
  usePageTitle(titleOf({ title }))
  useEffect(() => {
    if (!synced) return
    setLiveTitle(id, live)
    showTitle(client, id, live)
  }, [client, id, live, synced])
  useEffect(() => () => void forgetLiveTitle(id), [id])
  return title
}

/** A new document is there to be written: the title waits for the first letter. */
function useFocusOnEmpty(paper: { current: HTMLElement | null }, editor: Editor | null, editable: boolean): void {
  const done = useRef(false)
  useEffect(() => {
    if (done.current || !editor || !editable) return
    done.current = true
    const title = paper.current?.querySelector("textarea")
    if (editor.isEmpty && title?.value === "") title.focus({ preventScroll: true })
  }, [paper, editor, editable])
}

/** In the place and the size of what comes. */
function EditorSkeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label="The document is loading">
      <Skeleton height={36} width="52%" mb={34} />
      {["96%", "88%", "93%", "41%"].map((width) => (
        <Skeleton key={width} height={13} width={width} mb={16} />
      ))}
    </div>
  )
}
