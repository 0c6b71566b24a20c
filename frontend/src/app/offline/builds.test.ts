import { renderHook } from "@testing-library/react"
import { act } from "react"
import { expect, it } from "vitest"
import { serverServes, useNewerBuild } from "./builds"

it("notices that the server serves other pages than this one, once and for all", () => {
  const page = renderHook(() => useNewerBuild())
  const hears = (build: string | null) => {
    act(() => serverServes(build))
    return page.result.current
  }
  // A page without a name of its own can't tell.
  expect(hears("monday")).toBe(false)
  document.head.innerHTML = '<meta name="weft-build" content="monday">'
  expect(hears("monday")).toBe(false)
  expect(hears(null)).toBe(false)
  expect(hears("tuesday")).toBe(true)
  // While servers are being replaced, one of them may still answer as before.
  expect(hears("monday")).toBe(true)
})
