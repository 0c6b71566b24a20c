// As much of a Redis client as these examples need, over node:net: one command at a time, text in, text out. For more,
// take a real one (npm: redis, ioredis); the commands are the same.
import net from "node:net"

/** @param {string} address redis://[user:password@]host[:port][/number] or unix:///path */
export async function connect(address) {
  const url = new URL(address)
  const socket = url.protocol === "unix:" ? net.connect(decodeURIComponent(url.pathname)) : net.connect(Number(url.port || 6379), url.hostname)
  const waiting = []
  let buffer = Buffer.alloc(0)
  const fail = (error) => waiting.splice(0).forEach(({ reject }) => reject(error))
  socket.on("error", fail).on("close", () => fail(new Error("Redis closed the connection")))
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk])
    for (let found; (found = read(buffer)); ) {
      buffer = buffer.subarray(found.end)
      const { resolve, reject } = waiting.shift()
      found.value instanceof Error ? reject(found.value) : resolve(found.value)
    }
  })
  const send = (...words) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject })
      socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`)
    })
  if (url.password) await send("AUTH", ...(url.username ? [decodeURIComponent(url.username)] : []), decodeURIComponent(url.password))
  if (url.protocol !== "unix:" && url.pathname.length > 1) await send("SELECT", url.pathname.slice(1))
  return { send, close: () => socket.end() }
}

/** One reply: its value, and where it ends. Undefined while it isn't there as a whole. */
function read(buffer) {
  const line = buffer.indexOf("\r\n")
  if (line < 0) return undefined
  const [kind, text, end] = [String.fromCharCode(buffer[0]), buffer.toString("utf8", 1, line), line + 2]
  if (kind === "+") return { value: text, end }
  if (kind === "-") return { value: new Error(text), end }
  if (kind === ":") return { value: Number(text), end }
  if (kind !== "$") throw new Error(`a reply that nothing here asks for: ${kind}${text}`)
  const length = Number(text)
  if (length < 0) return { value: null, end }
  return buffer.length < end + length + 2 ? undefined : { value: buffer.toString("utf8", end, end + length), end: end + length + 2 }
}
