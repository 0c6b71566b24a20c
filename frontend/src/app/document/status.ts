import type { EndReason, Status } from "../../sync"

export type Tone = "calm" | "busy" | "warning" | "danger"

export interface StatusText {
  text: string
  tone: Tone
  /** A sentence for who wants to know more. */
  about: string
}

const edits = (count: number) => (count === 1 ? "1 edit" : `${count} edits`)

/**
 * What the header says of our edits. "Saved" stands for nothing less than committed by the server's database. `kept`:
 * this browser keeps them, so that they outlive the tab.
 */
export function describeStatus(status: Status, kept = false): StatusText {
  switch (status.kind) {
    case "connecting":
      return { text: "Connecting…", tone: "busy", about: kept ? "Weft is looking for news of this document." : "The document is on its way." }
    case "saved":
      return { text: "Saved", tone: "calm", about: "Everything here is stored on the server." }
    case "saving":
      return { text: "Saving…", tone: "busy", about: "Your last edits are on their way to the server." }
    case "offline":
      return status.waiting === 0
        ? {
            text: "Offline",
            tone: "warning",
            about: `You can go on writing${kept ? ", and what you write stays in this browser" : ""}. Weft connects again by itself.`,
          }
        : {
            text: `Offline, ${edits(status.waiting)} waiting`,
            tone: "warning",
            about: kept
              ? "They are kept in this browser, also when you close it, and go out when Weft is connected again."
              : "They are only in this tab until Weft is connected again. Keep it open.",
          }
    case "unsaved":
      return { text: "Not saved, retrying", tone: "danger", about: `The server can’t store your edits right now. ${kept ? "They are kept in this browser." : "Keep this tab open."}` }
    case "ended":
      return status.waiting === 0
        ? { text: "Not connected", tone: "warning", about: "What you see may not be the latest." }
        : { text: `${edits(status.waiting)} not saved`, tone: "danger", about: `They are only in this ${kept ? "browser" : "tab"}.` }
  }
}

export interface EndText {
  title: string
  message: string
}

/** Why a document stopped being live, and what that means for what was written. */
export function describeEnd(reason: EndReason, waiting: number, isKept = false): EndText {
  const place = isKept ? "browser" : "tab"
  const kept = waiting > 0 ? ` ${edits(waiting)} could not be saved and ${waiting === 1 ? "is" : "are"} only in this ${place}.` : ""
  switch (reason) {
    case "signed-out":
      return {
        title: "You are signed out",
        message: waiting > 0 ? `Sign in again to save ${edits(waiting)} that ${waiting === 1 ? "waits" : "wait"} in this ${place}.` : "Sign in again to go on.",
      }
    case "forbidden":
      return { title: "You no longer have access to this document", message: `Ask its owner if that is a mistake.${kept}` }
    case "gone":
      return { title: "This document is gone", message: `It was moved to the trash, deleted, or is no longer shared with you.${kept}` }
    case "out-of-date":
      return {
        title: "This page is out of date",
        message: isKept || waiting === 0 ? "Reload it to go on. What you wrote is kept." : `Copy what you need, then reload it to go on.${kept}`,
      }
    case "too-large":
      return { title: "This was too much for one document", message: `The server refused the last change because of its size.${kept}` }
  }
}
