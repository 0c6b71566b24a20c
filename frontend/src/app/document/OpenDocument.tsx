import { Drawer, Skeleton } from "@mantine/core"
import { IconCloudOff } from "@tabler/icons-react"
import { useMediaQuery } from "@mantine/hooks"
import { useQueryClient } from "@tanstack/react-query"
import type { Editor } from "@tiptap/core"
import { useEffect, useMemo, useRef, useState } from "react"
import { useLocation } from "wouter"
import type { Document } from "../../api/types"
import { DocumentEditor, documentText, focusEnd, OutlinePanel, openFind, openShortcuts, Presence, WordCount } from "../../editor"
import { showTitle } from "../data/actions"
import { forgetLiveTitle, setLiveTitle } from "../data/liveTitles"
import { useSignedIn } from "../data/queries"
import { useOffline } from "../offline/reach"
import { useOutlineShown, useRememberedWorkspace } from "../remembered"
import { routes } from "../routes"
import { Notice } from "../shell/Notice"
import { titleOf } from "../tree/model"
import { usePageTitle } from "../usePageTitle"
import { DocumentHeader, type EditorControls } from "./DocumentHeader"
import { EndNotice, RefusedNotice } from "./EndNotice"
import { discard, type LiveDocument } from "./liveDocuments"
import styles from "./OpenDocument.module.css"
import { SizeNotice } from "./SizeNotice"
import { StatusLine } from "./StatusLine"
import { TrashedNotice } from "./TrashedNotice"
import { useKeepsEdits, useLiveDocument, useLiveTitle, useReadable, useReadOnly, useSize, useTrouble } from "./useLiveDocument"

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
  const trouble = useTrouble(provider)
  const ended = trouble?.kind === "ended" ? trouble : null
  const readOnly = useReadOnly(provider)
  const size = useSize(provider)
  const readable = useReadable(provider)
  const keepsEdits = useKeepsEdits(provider)
  const offline = useOffline()
  const title = useTitleEverywhere(document, live, readable)
  const [editor, setEditor] = useState<Editor | null>(null)
  // Beside the text the outline is a habit worth remembering; over it, on a phone, it is a moment's help.
  const [outlineBeside, setOutlineBeside] = useOutlineShown()
  const [outlineOver, setOutlineOver] = useState(false)
  const narrow = useMediaQuery("(max-width: 68em)", undefined, { getInitialValueInEffect: false }) ?? false
  const paper = useRef<HTMLDivElement>(null)

  const editable = readable && !readOnly && ended === null
  const readText = () => (editor ? documentText(editor.state.doc) : "")
  useFocusOnEmpty(paper, editor, editable)

  const controls: EditorControls | undefined = editor
    ? {
        outlineShown: narrow ? outlineOver : outlineBeside,
        toggleOutline: () => (narrow ? setOutlineOver(!outlineOver) : setOutlineBeside(!outlineBeside)),
        find: () => openFind(editor),
        showShortcuts: () => openShortcuts(editor),
        length: <WordCount editor={editor} />,
      }
    : undefined

  return (
    <>
      <DocumentHeader
        document={document}
        title={title}
        readOnly={readable ? readOnly : undefined}
        status={<StatusLine provider={provider} />}
        people={<Presence awareness={awareness} user={person} editor={editor} />}
        controls={controls}
        onTrashed={onTrashed}
      />
      {ended && (
        <EndNotice document={document} provider={provider} reason={ended.reason} waiting={ended.waiting} kept={keepsEdits} readText={readText} />
      )}
      {size && ended === null && (
        <SizeNotice
          size={size}
          waiting={trouble?.waiting ?? 0}
          kept={keepsEdits}
          readText={readText}
          onDiscard={() => void discard(document.id).then(() => window.location.reload())}
        />
      )}
      {trouble && ended === null && size?.state !== "full" && (
        <RefusedNotice
          waiting={trouble.waiting}
          kept={keepsEdits}
          readText={readText}
          onDiscard={() => void discard(document.id).then(() => window.location.reload())}
        />
      )}
      {document.trashed_at !== null && ended === null && <TrashedNotice document={document} />}
      <div className={styles.row}>
        {/* What a short text leaves of the window is paper too, down to its lower edge. */}
        <div
          ref={paper}
          className={styles.paper}
          data-editable={editable}
          onMouseDown={(event) => event.target === event.currentTarget && event.preventDefault()}
          onClick={(event) => event.target === event.currentTarget && editor?.isEditable && focusEnd(editor)}
        >
          {readable ? (
            <DocumentEditor doc={doc} awareness={awareness} editable={editable} user={person} onReady={setEditor} />
          ) : offline ? (
            <NotHere />
          ) : (
            ended === null && <EditorSkeleton />
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
function useTitleEverywhere(document: Document, { id, doc }: LiveDocument, readable: boolean): string {
  const client = useQueryClient()
  const live = useLiveTitle(doc)
  const title = readable ? live : document.title
  usePageTitle(titleOf({ title }))
  useEffect(() => {
    if (!readable) return
    setLiveTitle(id, live)
    showTitle(client, id, live)
  }, [client, id, live, readable])
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

/** Said plainly, instead of a page that seems to load. */
export function NotHere() {
  return (
    <Notice icon={IconCloudOff} title="This document isn’t in this browser">
      You are offline, and it was not opened here lately. It opens by itself when Weft can be reached. “Keep offline” in a document’s menu keeps it at hand.
    </Notice>
  )
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
