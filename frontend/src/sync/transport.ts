/**
 * The port between what is said (provider, events) and how it travels: a WebSocket, server-sent events with POST, or long
 * polling.
 *
 * What a transport must promise:
 * - Opening it returns at once and calls nothing back before it has returned.
 * - Frames arrive whole, in order, and at most once. What was sent may be lost with the transport; an ack alone says it
 *   arrived.
 * - `onOpen` comes once, before any frame. `onClose` comes once and last, also when it never opened, with a code of the
 *   table in docs/protocol.md: a transport that has other words for it (an HTTP status) translates.
 * - `send` never throws and never blocks; before `onOpen` and after `onClose` it does nothing.
 * - After `close` nothing is called any more, `onClose` neither.
 * - Acks count frames: a transport that delivers a frame by a request of its own makes the ack frame from the answer.
 */
export interface Transport<Frame = Uint8Array> {
  send(frame: Frame): void
  close(code?: number, reason?: string): void
}

export interface TransportEvents<Frame = Uint8Array> {
  onOpen(): void
  onFrame(frame: Frame): void
  onClose(code: number, reason: string): void
}

export interface Opening {
  /**
   * Another transport works, and is left for this one as soon as this one has brought a frame: so none comes before it is
   * sure that more will.
   */
  trial: boolean
}

export type OpenTransport<Frame = Uint8Array> = (events: TransportEvents<Frame>, opening: Opening) => Transport<Frame>

/** From the best to the one that gets through anything. */
export type TransportKind = "websocket" | "sse" | "poll"

export interface Rung<Frame = Uint8Array> {
  kind: TransportKind
  open: OpenTransport<Frame>
}

/** Close codes that are made on this side. */
export const ABNORMAL = 1006
export const BAD_FRAME = 4500
/** The server answers, but what it streams doesn't come through. */
export const BUFFERED = 4900
/** Not one frame in the time that one takes. */
export const NO_FRAME = 4901
