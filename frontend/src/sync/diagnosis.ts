/** Why a document isn't live, or not by the best way: one word, the same for the person and for the server's counters. */
import type { ConnectionState } from "./connection"
import type { Obstacle } from "./ladder"
import { endReason, type EndReason } from "./status"
import { BAD_FRAME, type TransportKind } from "./transport"

/** The server counts these and no others: collab/reasons.py. */
export type ReasonCode =
  | Obstacle
  | "signed_out"
  | "no_right"
  | "gone"
  | "too_large"
  | "out_of_date"
  | "restarting"
  | "overloaded"
  /** The document could not be read, or what came could not be understood. */
  | "server_error"
  | "offline"
  | "server_unreachable"
  | "database_down"

export interface Diagnosis {
  /** null: all is as it should be, or it is too early to say. */
  code: ReasonCode | null
  /** What carries the document, or null while nothing does. */
  transport: TransportKind | null
  /** Milliseconds since 1970: so long it has been like this. */
  since: number
}

export interface View {
  state: ConnectionState
  /** In use or being tried. */
  transport: TransportKind
  obstacle: Obstacle | null
  lastClose: { code: number; reason: string } | null
  /** Both sides have told what they had. */
  told: boolean
  databaseDown: boolean
  online: boolean
}

export function diagnose(view: View): Omit<Diagnosis, "since"> {
  if (view.state.kind === "ended") return { code: ENDED[endReason(view.state.code)!], transport: null }
  if (view.told) return { code: view.databaseDown ? "database_down" : view.obstacle, transport: view.transport }
  return { code: awayReason(view), transport: null }
}

const ENDED: Readonly<Record<EndReason, ReasonCode>> = {
  "signed-out": "signed_out",
  forbidden: "no_right",
  gone: "gone",
  "too-large": "too_large",
  "out-of-date": "out_of_date",
}

function awayReason({ state, obstacle, lastClose, online }: View): ReasonCode | null {
  if (!online) return "offline"
  switch (lastClose?.code) {
    case undefined:
      return obstacle
    case 1012:
      return "restarting"
    case 1013:
      return "overloaded"
    case 1011:
    case BAD_FRAME:
      return "server_error"
    case 4503:
      return obstacle
  }
  // On its way to another rung.
  if (state.kind !== "waiting" && obstacle !== null) return obstacle
  return "server_unreachable"
}

export const sameDiagnosis = (a: Omit<Diagnosis, "since">, b: Omit<Diagnosis, "since">): boolean => a.code === b.code && a.transport === b.transport
