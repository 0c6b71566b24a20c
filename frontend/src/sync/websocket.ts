import { ABNORMAL, type Opening, type OpenTransport, type Transport, type TransportEvents } from "./transport"

/**
 * Binary frames, as documents speak. Fails to open when the server doesn't speak `subprotocol`.
 *
 * @param url asked for at each opening: what it tells may differ
 */
export function webSocket(url: (opening: Opening) => string, subprotocol: string): OpenTransport {
  return (events, opening) => open(url(opening), subprotocol, events, (data) => (data instanceof ArrayBuffer ? new Uint8Array(data) : null))
}

/** Text frames, as the user's events speak. */
export function textWebSocket(url: string): OpenTransport<string> {
  return (events) => open(url, undefined, events, (data) => (typeof data === "string" ? data : null))
}

/** Data that isn't the kind of frame expected breaks the connection: unsupported data, says RFC 6455. */
const UNSUPPORTED = 1003

function open<Frame extends string | Uint8Array>(
  url: string,
  subprotocol: string | undefined,
  events: TransportEvents<Frame>,
  frameOf: (data: unknown) => Frame | null,
): Transport<Frame> {
  const socket = begin(url, subprotocol)
  if (socket === null) {
    let told = false
    queueMicrotask(() => told || events.onClose(ABNORMAL, "there are no WebSockets here"))
    return { send: () => undefined, close: () => void (told = true) }
  }
  socket.binaryType = "arraybuffer"
  let done = false
  socket.onopen = () => {
    if (!done) events.onOpen()
  }
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (done) return
    const frame = frameOf(data)
    if (frame !== null) {
      events.onFrame(frame)
      return
    }
    done = true
    socket.close()
    events.onClose(UNSUPPORTED, "unexpected kind of frame")
  }
  // An error is always followed by a close, which says more.
  socket.onclose = ({ code, reason }) => {
    if (done) return
    done = true
    events.onClose(code, reason)
  }
  return {
    send(frame) {
      // The cast is TypeScript's: it can't know that our arrays never sit on shared memory.
      if (!done && socket.readyState === WebSocket.OPEN) socket.send(frame as string | Uint8Array<ArrayBuffer>)
    },
    close(code, reason) {
      if (done) return
      done = true
      // Browsers take a reason only beside a code, and read `undefined` there as 0.
      if (code === undefined) socket.close()
      else socket.close(code, reason)
    },
  }
}

/** null where there are none (Node before 22), or a policy of the page or an extension forbids them. */
function begin(url: string, subprotocol: string | undefined): WebSocket | null {
  try {
    return new WebSocket(url, subprotocol)
  } catch {
    return null
  }
}
