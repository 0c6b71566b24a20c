import { expect, test } from "vitest"
import { explain, explainPasskeyFailures } from "./passkeys"

test("each failure says what to do", () => {
  expect(explain(Object.assign(new Error(), { name: "NotAllowedError" }))).toContain("Try again")
  expect(explain(Object.assign(new Error(), { name: "SecurityError" }))).toContain("https://")
  expect(explain("something else")).toContain("another way")
})

test("a failed passkey shows a notice in the page and none in the console", () => {
  document.body.innerHTML = `<p class="passkey-failed" hidden></p>`
  explainPasskeyFailures()
  const event = new CustomEvent("allauth.error", { detail: { exception: new Error() }, cancelable: true })
  document.dispatchEvent(event)
  expect(document.querySelector<HTMLElement>(".passkey-failed")!.hidden).toBe(false)
  expect(event.defaultPrevented).toBe(true)
})
