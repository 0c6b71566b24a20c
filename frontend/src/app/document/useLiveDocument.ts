import { useCallback, useEffect, useState, useSyncExternalStore } from "react"
import type { Doc } from "yjs"
import type { Diagnosis, SizeNotice, Status, WeftProvider } from "../../sync"
import { hold, letGo, type LiveDocument } from "./liveDocuments"

export function useLiveDocument(id: string): LiveDocument | null {
  const [live, setLive] = useState<LiveDocument | null>(null)
  useEffect(() => {
    setLive(hold(id))
    return () => letGo(id)
  }, [id])
  return live
}

/** Whether there is a document to show: this browser's copy of it, or what the server sent. */
export function useReadable(provider: WeftProvider): boolean {
  const [readable, setReadable] = useState(false)
  useEffect(() => {
    let current = true
    void provider.whenReadable.then(() => current && setReadable(true))
    return () => {
      current = false
    }
  }, [provider])
  return readable
}

/** Whether our edits outlive this page. */
export function useKeepsEdits(provider: WeftProvider): boolean {
  const subscribe = useCallback((listener: () => void) => provider.subscribe(listener), [provider])
  return useSyncExternalStore(subscribe, () => provider.keepsEdits)
}

/**
 * The status when there is more to say of it than its word: the document won't connect again, or edits of somebody who may
 * only read are waiting. Null otherwise, so that a page is not drawn anew with every keystroke.
 */
export function useTrouble(provider: WeftProvider): Status | null {
  const subscribe = useCallback((listener: () => void) => provider.subscribe(listener), [provider])
  return useSyncExternalStore(subscribe, () => (provider.status.kind === "ended" || isRefused(provider) ? provider.status : null))
}

const isRefused = ({ status, readOnly }: WeftProvider): boolean => readOnly && status.kind === "unsaved" && status.waiting > 0

export function useDiagnosis(provider: WeftProvider): Diagnosis {
  const subscribe = useCallback((listener: () => void) => provider.subscribe(listener), [provider])
  return useSyncExternalStore(subscribe, () => provider.diagnosis)
}

export function useReadOnly(provider: WeftProvider): boolean {
  const subscribe = useCallback((listener: () => void) => provider.subscribe(listener), [provider])
  return useSyncExternalStore(subscribe, () => provider.readOnly)
}

/** How large the document is, if that is worth telling. */
export function useSize(provider: WeftProvider): SizeNotice | null {
  const subscribe = useCallback((listener: () => void) => provider.subscribe(listener), [provider])
  return useSyncExternalStore(subscribe, () => provider.size)
}

/** The title as everyone types it. */
export function useLiveTitle(doc: Doc): string {
  const subscribe = useCallback(
    (listener: () => void) => {
      const title = doc.getText("title")
      title.observe(listener)
      return () => title.unobserve(listener)
    },
    [doc],
  )
  return useSyncExternalStore(subscribe, () => doc.getText("title").toString())
}
