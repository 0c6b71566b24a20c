import { expect, it } from "vitest"
import { targetOf } from "./links"

const here = "https://weft.example"
const leading = (url: string, document: string | null = null) => targetOf({ url, document }, here)

it("a document opens in the app", () => {
  expect(leading("", "d1")).toEqual({ kind: "page", href: "/d/d1" })
})

it("paths of the app stay in it, those of other pages of the site don't", () => {
  expect(leading("/w/w1")).toEqual({ kind: "page", href: "/w/w1" })
  expect(leading("https://weft.example/d/d1#aims")).toEqual({ kind: "page", href: "/d/d1#aims" })
  expect(leading("/invitations/t/")).toEqual({ kind: "site", href: "/invitations/t/" })
  expect(leading("/dangerous")).toEqual({ kind: "site", href: "/dangerous" })
})

it("the web is another place", () => {
  expect(leading("https://ci.example/runs/7?x=1")).toEqual({ kind: "web", href: "https://ci.example/runs/7?x=1" })
  expect(leading("//ci.example/")).toEqual({ kind: "web", href: "https://ci.example/" })
})

it.each(["javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "mailto:a@b.c", "http://["])(
  "%j leads nowhere",
  (url) => {
    expect(leading(url)).toBeUndefined()
  },
)

it("a notification may lead nowhere", () => {
  expect(leading("")).toBeUndefined()
})
