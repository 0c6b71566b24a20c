import { beforeEach, expect, test } from "vitest"
import { explainInvalidFields } from "./validation"

beforeEach(() => {
  document.body.innerHTML = `<form class="form">
    <div class="field"><label for="email">E-mail</label><input id="email" type="email" required aria-describedby="email_helptext">
      <div class="field-help" id="email_helptext">Yours</div></div>
  </form>`
  explainInvalidFields()
})

const field = () => document.querySelector("input")!
const message = () => document.querySelector(".field-error")?.textContent

function send(): boolean {
  return document.querySelector("form")!.dispatchEvent(new Event("submit", { cancelable: true }))
}

test("what is missing is said under the field, tied to it, and the field gets the focus", () => {
  expect(send()).toBe(false)
  expect(message()).toBe("Fill in “E-mail”.")
  expect(field().getAttribute("aria-describedby")).toBe("email_helptext email_error")
  expect(document.activeElement).toBe(field())
})

test("an address that is none gets an example", () => {
  field().value = "ann"
  send()
  expect(message()).toBe("Write an address like ann@example.com.")
})

test("the message goes as soon as it isn't true, and the form is sent", () => {
  send()
  field().value = "ann@example.com"
  field().dispatchEvent(new Event("input", { bubbles: true }))
  expect(message()).toBeUndefined()
  expect(field().hasAttribute("aria-invalid")).toBe(false)
  expect(send()).toBe(true)
})
