import type { Diagnosis, ReasonCode, Status, TransportKind } from "../../sync"
import { describeStatus } from "./status"

export interface Reason {
  title: string
  /** What happens. */
  happens: string
  /** What it means for what one writes. */
  means: string
  /** What can be done, if anything. */
  todo?: string
}

const NOTHING_LOST = "You can go on writing: what you write waits in this tab and goes out by itself. Keep the tab open until it says Saved."
const ALL_WORKS = "Nothing is missing: edits are saved, and everyone sees each other, as always. It may take a moment longer."
const ASK_ADMIN = "If it stays like this, whoever runs the network can help. Copy the details for them."

/** In plain words, why a document isn't live or goes another way than usual. Each of the codes has its own. */
export const reasons: Readonly<Record<ReasonCode, Reason>> = {
  upgrade_blocked: {
    title: "Live, by another way",
    happens: "Your network, or a proxy in it, doesn’t let WebSockets through. Weft goes over ordinary web requests instead.",
    means: ALL_WORKS,
    todo: `Weft keeps looking and changes back by itself. ${ASK_ADMIN}`,
  },
  frames_swallowed: {
    title: "Live, by another way",
    happens: "Something in your network lets WebSockets open, and then lets nothing through. Weft goes over ordinary web requests instead.",
    means: ALL_WORKS,
    todo: `Weft keeps looking and changes back by itself. ${ASK_ADMIN}`,
  },
  connection_cut: {
    title: "Live, by another way",
    happens: "Something in your network ends every lasting connection after a short while. Weft goes over ordinary web requests instead.",
    means: ALL_WORKS,
    todo: `Weft keeps looking and changes back by itself. ${ASK_ADMIN}`,
  },
  stream_buffered: {
    title: "Live, by the long way",
    happens: "A proxy in your network holds back what comes bit by bit. Weft asks for news again and again instead.",
    means: ALL_WORKS,
    todo: `Weft keeps looking for a better way. ${ASK_ADMIN}`,
  },
  offline: {
    title: "You are offline",
    happens: "Your browser says that this device has no network.",
    means: NOTHING_LOST,
    todo: "Check your Wi-Fi or cable. Weft connects again by itself.",
  },
  server_unreachable: {
    title: "The server can’t be reached",
    happens: "Nobody answers: the server is down, or something between you and it is.",
    means: NOTHING_LOST,
    todo: "Weft tries again all the time. If other websites don’t open either, it is your network.",
  },
  restarting: {
    title: "The server is restarting",
    happens: "It is being updated or moved, which takes a few seconds.",
    means: NOTHING_LOST,
  },
  overloaded: {
    title: "The server is busy",
    happens: "It has more to do than it can right now, and asked us to come back in a moment.",
    means: NOTHING_LOST,
  },
  server_error: {
    title: "The server has trouble with this document",
    happens: "It could not read the document, or said something that Weft doesn’t understand.",
    means: NOTHING_LOST,
    todo: "Weft tries again by itself. If it stays like this, copy the details for whoever runs this server.",
  },
  database_down: {
    title: "The server can’t store anything right now",
    happens: "Its database doesn’t answer. Edits still reach the others, but they aren’t stored yet.",
    means: "Keep this tab open: what isn’t saved is stored as soon as the database is back.",
    todo: "If it stays like this, copy the details for whoever runs this server.",
  },
  signed_out: {
    title: "You are signed out",
    happens: "Your session ended, or somebody ended it.",
    means: "What isn’t saved waits in this tab.",
    todo: "Sign in again, in the same browser, and come back to this tab.",
  },
  no_right: {
    title: "You no longer have access",
    happens: "Somebody changed who may open this document.",
    means: "What isn’t saved can’t be, but is still in this tab: you can copy it.",
    todo: "Ask the owner of the document if that is a mistake.",
  },
  gone: {
    title: "This document is gone",
    happens: "It was moved to the trash, deleted, or is no longer shared with you.",
    means: "What isn’t saved can’t be, but is still in this tab: you can copy it.",
    todo: "Ask the person who shared it with you.",
  },
  too_large: {
    title: "That was too much at once",
    happens: "The server, or a proxy before it, refused the last change because of its size.",
    means: "The change is only in this tab. You can copy it.",
    todo: "Undo the large change, or split it, and try again.",
  },
  out_of_date: {
    title: "This page is out of date",
    happens: "Weft was updated, and this page is older than what the server still understands.",
    means: "What isn’t saved is still in this tab.",
    todo: "Reload the page.",
  },
}

const LIVE: Reason = {
  title: "Live",
  happens: "You are connected, the usual way.",
  means: "Edits are saved as you make them, and everyone sees each other at once.",
}

const CONNECTING: Reason = {
  title: "Connecting",
  happens: "The document is on its way.",
  means: NOTHING_LOST,
}

const STUCK: Reason = {
  title: "Not saved yet",
  happens: "You are connected, but the server hasn’t confirmed your last edits.",
  means: "Keep this tab open: they are sent until the server has them.",
}

/** What the status says in a word, at length. */
export function explainStatus(status: Status, { code, transport }: Diagnosis): Reason {
  // Nobody cares for the way while edits don't get saved.
  if (status.kind === "unsaved" && (code === null || isDetour(code))) return STUCK
  if (code !== null) return reasons[code]
  return transport === null ? CONNECTING : LIVE
}

export const isDetour = (code: ReasonCode | null): boolean =>
  code === "upgrade_blocked" || code === "frames_swallowed" || code === "connection_cut" || code === "stream_buffered"

export const transportNames: Readonly<Record<TransportKind, string>> = {
  websocket: "WebSocket",
  sse: "Event stream",
  poll: "Long polling",
}

/** For whoever runs the network or the server: nothing of the document's content, and of the person only their browser. */
export function details(status: Status, { code, transport, since }: Diagnosis, where: { address: string; browser: string; online: boolean; lastClose: string | null }, now: Date): string {
  const rows: [string, string][] = [
    ["Weft", where.address],
    ["Time", now.toISOString()],
    ["Status", describeStatus(status).text],
    ["Reason", code ?? "none"],
    ["Transport", transport ?? "none"],
    ["Since", new Date(since).toISOString()],
    ["Last close", where.lastClose ?? "none"],
    ["Browser says", where.online ? "online" : "offline"],
    ["Browser", where.browser],
  ]
  return rows.map(([name, value]) => `${name}: ${value}`).join("\n")
}
