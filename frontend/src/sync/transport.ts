/**
 * The port between what is said (provider, events) and how it travels (WebSocket now; SSE with POST, and long poll, can
 * join without either noticing).
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

export type OpenTransport<Frame = Uint8Array> = (events: TransportEvents<Frame>) => Transport<Frame>
