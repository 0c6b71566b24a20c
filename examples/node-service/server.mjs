// A service of your own beside Weft, on the same host name: who is signed in to Weft is signed in here.
//
//   GET  /whoami   {"user": 7}, or 401
//   POST /greet    tells that person something, in Weft
//
// It reads the session where Weft keeps it. So whoever signs out of Weft, is signed out by an operator or changes their
// password is out here with the next request: there is nothing to expire, and no token to take back.
import { createServer } from "node:http"
import { publish } from "../publish.mjs"
import { connect } from "../redis.mjs"

const { REDIS_URL = "redis://127.0.0.1:6379", PUBLISH_KEY, WEFT_URL = "http://127.0.0.1:8000", PORT = "9000" } = process.env
const redis = await connect(REDIS_URL)

/** The id of the person whose cookie this is, or undefined. */
async function signedIn(request) {
  const cookie = /(?:^|;\s*)sessionid=([a-z0-9]{32})(?:;|$)/.exec(request.headers.cookie ?? "")
  if (!cookie) return undefined
  const stored = await redis.send("GET", `weft:1:django.contrib.sessions.cache${cookie[1]}`)
  return stored === null ? undefined : JSON.parse(stored)._auth_user_id
}

/** A browser sends the cookie whatever page asks; only pages of ours and of Weft may make it do something. */
function ownPage({ headers: { origin, host } }) {
  return origin === undefined || origin === new URL(WEFT_URL).origin || new URL(origin).host === host
}

const server = createServer(async (request, response) => {
  const answer = (status, body) => response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" }).end(JSON.stringify(body))
  try {
    const user = await signedIn(request)
    if (user === undefined) return answer(401, { error: "Sign in to Weft." })
    if (request.method === "GET" && request.url === "/whoami") return answer(200, { user: Number(user) })
    if (request.method === "POST" && request.url === "/greet") {
      if (!ownPage(request)) return answer(403, { error: "This page may not ask for that." })
      const data = { title: "Hello from the Node service", body: "It knows you by your sign-in to Weft.", url: WEFT_URL }
      return answer(202, { id: await publish(redis, PUBLISH_KEY, `user:${user}`, "notification", data) })
    }
    return answer(404, { error: "There is nothing here." })
  } catch (error) {
    console.error(error)
    return answer(503, { error: "Try again in a moment." })
  }
})
server.listen(Number(PORT), "127.0.0.1", () => console.log(`Listening: http://127.0.0.1:${server.address().port}`))
process.on("SIGTERM", () => process.exit(0))
