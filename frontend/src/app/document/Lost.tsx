import { Button, Group, Text } from "@mantine/core"
import { IconFileUnknown } from "@tabler/icons-react"
import { useEffect, useState } from "react"
import { useLocation } from "wouter"
import { Doc, XmlElement, type XmlFragment, XmlText } from "yjs"
import { LocalCopy } from "../../sync"
import { copyText } from "../dialogs/clipboard"
import { isRefused } from "../offline/refused"
import { local } from "../offline/local"
import { routes } from "../routes"
import { Notice } from "../shell/Notice"
import { NoticeBar } from "./NoticeBar"
import styles from "./Lost.module.css"

/** A document that isn't there for us any more, of which this browser may hold edits that nobody else has. */
export function Lost({ id }: { id: string }) {
  const kept = useUnsentCopy(id)
  const [, navigate] = useLocation()
  if (kept === undefined) return null
  if (kept === null) {
    return (
      <Notice icon={IconFileUnknown} title="There is no document here for you" action={{ label: "To your documents", href: routes.home }}>
        It may have been deleted, or nobody shared it with you. Ask the person who sent you the link.
      </Notice>
    )
  }
  const discard = async () => {
    await local()?.forget(id)
    isRefused(id, false)
    navigate(routes.home)
  }
  return (
    <>
      <NoticeBar
        icon={IconFileUnknown}
        title="This document is gone, or no longer shared with you"
        message={`${kept.edits === 1 ? "1 edit" : `${kept.edits} edits`} of yours never reached it. Below is the document as this browser kept it.`}
      >
        <Button size="xs" variant="default" onClick={() => void copyText(kept.text)}>
          Copy the text
        </Button>
        <Button size="xs" variant="subtle" color="gray" onClick={() => void discard()}>
          Discard it
        </Button>
      </NoticeBar>
      <Group className={styles.text} tabIndex={0} role="region" aria-label="The document as it was kept">
        <Text component="pre" className={styles.pre}>
          {kept.text}
        </Text>
      </Group>
    </>
  )
}

/** Undefined while it is looked for, null when there is nothing that only we have. */
function useUnsentCopy(id: string): { edits: number; text: string } | null | undefined {
  const [kept, setKept] = useState<{ edits: number; text: string } | null>()
  useEffect(() => {
    let current = true
    void readUnsent(id).then((found) => current && setKept(found))
    return () => {
      current = false
    }
  }, [id])
  return kept
}

async function readUnsent(id: string): Promise<{ edits: number; text: string } | null> {
  const shelf = local()
  if (!shelf) return null
  const doc = new Doc()
  const copy = new LocalCopy(doc, id, shelf)
  await copy.load()
  const edits = copy.inherited
  if (edits > 0) {
    copy.close()
    return { edits, text: plainText(doc) }
  }
  await copy.forget()
  return null
}

function plainText(doc: Doc): string {
  const title = doc.getText("title").toString()
  return [title, ...linesOf(doc.getXmlFragment("default"))].join("\n").trim()
}

/** A line for each block that holds text. */
function linesOf(parent: XmlFragment): string[] {
  const lines: string[] = []
  let line = ""
  for (const child of parent.toArray()) {
    if (child instanceof XmlText) line += (child.toDelta() as { insert: unknown }[]).map(({ insert }) => (typeof insert === "string" ? insert : "")).join("")
    else if (child instanceof XmlElement) lines.push(...linesOf(child))
  }
  return line ? [line, ...lines] : lines
}
