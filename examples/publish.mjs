// Publish to Weft from Node, with nothing installed:
//
//   PUBLISH_KEY=… REDIS_URL=redis://127.0.0.1:6379 node publish.mjs user:1 notification '{"title": "Backup done"}'
import { createHmac, randomUUID } from "node:crypto"
import { pathToFileURL } from "node:url"
import { connect } from "./redis.mjs"

/** Answers with the envelope's id. Whoever can't tell whether it went out publishes it again with the same one. */
export async function publish(redis, key, to, kind, data, id = randomUUID()) {
  const payload = JSON.stringify({ v: 1, id, to, kind, data, at: new Date().toISOString() })
  const signature = createHmac("sha256", key).update(payload).digest("hex")
  await redis.send("XADD", "weft:publish", "*", "payload", payload, "signature", signature)
  return id
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [to, kind, data] = process.argv.slice(2)
  const redis = await connect(process.env.REDIS_URL ?? "redis://127.0.0.1:6379")
  console.log(await publish(redis, process.env.PUBLISH_KEY, to, kind, JSON.parse(data)))
  redis.close()
}
