/**
 * The frames of `weft.1`, from the client's side: one message a frame. The grammar is docs/protocol.md.
 *
 * A kind of message we don't know is told as such and left alone, so that an open tab survives a newer server; a message
 * we know but can't read to its last byte throws.
 */
import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"

export const SUBPROTOCOL = "weft.1"

/** Who we are, as the server says. */
export type Identity = { id: number; name: string; color: string }

export type Notice =
  | { kind: "welcome"; user: Identity; may_edit: boolean; epoch: number; heartbeat: number; build?: string }
  /** The database doesn't answer: edits are passed on to others, but not committed. */
  | { kind: "unsaved" }
  /** It does again. */
  | { kind: "saving" | "saved" }
  | SizeNotice

/** How large the document is. A full one takes no more edits, whoever makes them. */
export type SizeNotice = { kind: "size"; state: "fine" | "large" | "full"; bytes: number; limit: number }

export type ServerMessage =
  | { kind: "syncStep1"; stateVector: Uint8Array }
  | { kind: "syncStep2"; update: Uint8Array }
  | { kind: "update"; update: Uint8Array }
  | { kind: "awareness"; payload: Uint8Array }
  | { kind: "denied"; reason: string }
  | { kind: "queryAwareness" }
  | { kind: "ack"; frames: number }
  | { kind: "cursor"; epoch: number; seq: number }
  | { kind: "notice"; notice: Notice }
  | { kind: "pong" }
  | { kind: "unknown" }

const enum Type {
  Sync,
  Awareness,
  Auth,
  QueryAwareness,
  Ack,
  Cursor,
  Notice,
  Ping,
}

const enum Sync {
  Step1,
  Step2,
  Update,
}

export function decode(frame: Uint8Array): ServerMessage {
  const decoder = decoding.createDecoder(frame)
  const message = read(decoder)
  if (message.kind !== "unknown" && decoding.hasContent(decoder)) throw new Error("bytes after the message")
  return message
}

function read(decoder: decoding.Decoder): ServerMessage {
  switch (decoding.readVarUint(decoder)) {
    case Type.Sync:
      return readSync(decoder)
    case Type.Awareness:
      return { kind: "awareness", payload: decoding.readVarUint8Array(decoder) }
    case Type.Auth:
      if (decoding.readVarUint(decoder) !== 0) return { kind: "unknown" }
      return { kind: "denied", reason: decoding.readVarString(decoder) }
    case Type.QueryAwareness:
      return { kind: "queryAwareness" }
    case Type.Ack:
      return { kind: "ack", frames: decoding.readVarUint(decoder) }
    case Type.Cursor:
      return { kind: "cursor", epoch: decoding.readVarUint(decoder), seq: decoding.readVarUint(decoder) }
    case Type.Notice:
      return { kind: "notice", notice: JSON.parse(decoding.readVarString(decoder)) as Notice }
    case Type.Ping:
      return { kind: "pong" }
    default:
      return { kind: "unknown" }
  }
}

function readSync(decoder: decoding.Decoder): ServerMessage {
  switch (decoding.readVarUint(decoder)) {
    case Sync.Step1:
      return { kind: "syncStep1", stateVector: decoding.readVarUint8Array(decoder) }
    case Sync.Step2:
      return { kind: "syncStep2", update: decoding.readVarUint8Array(decoder) }
    case Sync.Update:
      return { kind: "update", update: decoding.readVarUint8Array(decoder) }
    default:
      return { kind: "unknown" }
  }
}

export const encodeSyncStep1 = (stateVector: Uint8Array) => encode([Type.Sync, Sync.Step1], stateVector)
export const encodeSyncStep2 = (update: Uint8Array) => encode([Type.Sync, Sync.Step2], update)
export const encodeUpdate = (update: Uint8Array) => encode([Type.Sync, Sync.Update], update)
export const encodeAwareness = (payload: Uint8Array) => encode([Type.Awareness], payload)
export const encodeQueryAwareness = () => encode([Type.QueryAwareness])
export const encodePing = () => encode([Type.Ping])

// What a server says, made here by transports that are told it in other words.
export const encodeAck = (frames: number) => encode([Type.Ack, frames])
export const encodeCursor = (epoch: number, seq: number) => encode([Type.Cursor, epoch, seq])
export const encodeNotice = (notice: Notice) => encode([Type.Notice], utf8(JSON.stringify(notice)))
export const encodeDenied = (reason: string) => encode([Type.Auth, 0], utf8(reason))

/** Our own presence, taken back: the next clock without a state. Of a payload that speaks for one client. */
export function withdrawn(awareness: Uint8Array): Uint8Array {
  const decoder = decoding.createDecoder(awareness)
  decoding.readVarUint(decoder)
  const client = decoding.readVarUint(decoder)
  const clock = decoding.readVarUint(decoder)
  const encoder = encoding.createEncoder()
  for (const number of [1, client, clock + 1]) encoding.writeVarUint(encoder, number)
  encoding.writeVarString(encoder, "null")
  return encoding.toUint8Array(encoder)
}

const utf8 = (text: string) => new TextEncoder().encode(text)

function encode(types: number[], payload?: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder()
  for (const type of types) encoding.writeVarUint(encoder, type)
  if (payload) encoding.writeVarUint8Array(encoder, payload)
  return encoding.toUint8Array(encoder)
}
