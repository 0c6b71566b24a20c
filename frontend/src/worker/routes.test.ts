import { describe, expect, it } from "vitest"
import { filesIn, wayOf } from "./routes"

const ORIGIN = "https://weft.example"
const kept = new Set(["/static/favicon.svg", "/static/assets/main-11111111.js"])
const way = (path: string, { method = "GET", mode = "cors" } = {}) => wayOf({ method, mode, url: new URL(path, ORIGIN) }, ORIGIN, kept)
const visit = (path: string) => way(path, { mode: "navigate" })

describe("the service worker", () => {
  it("opens every page of the app, and no other", () => {
    for (const path of ["/", "/d/0b3f", "/w/77aa", "/recent", "/favourites/", "/settings/workspace/1"]) expect(visit(path)).toBe("page")
    for (const path of ["/accounts/login/", "/accounts/profile/", "/admin/", "/api/v1/docs", "/invitations/x/", "/shell/", "/healthz"]) {
      expect(visit(path)).toBe("network")
    }
  })

  it("never stands between the app and its data", () => {
    expect(way("/api/v1/me")).toBe("network")
    expect(way("/api/v1/documents?recent=true")).toBe("network")
    expect(way("/", { method: "POST" })).toBe("network")
    expect(way("https://elsewhere.example/static/assets/main-11111111.js")).toBe("network")
  })

  it("keeps the app's own files, not those of the admin", () => {
    expect(way("/static/assets/KaTeX_Main-22222222.woff2")).toBe("file")
    expect(way("/static/favicon.svg")).toBe("file")
    expect(way("/static/admin/css/base.css")).toBe("network")
  })

  it("finds the files that a page asks for", () => {
    expect(filesIn('<link rel="icon" href="/static/favicon.svg"><script src="/static/a.js"></script><a href="/accounts/">')).toEqual([
      "/static/favicon.svg",
      "/static/a.js",
    ])
  })
})
