import { expect, test } from "vitest"
import { enablePasswordControls, judge } from "./passwords"

test("a short password says how much is missing", () => {
  expect(judge("abc").advice).toBe("5 more characters at least.")
  expect(judge("nq7kfjw").advice).toBe("1 more character at least.")
})

test("what an attacker tries first counts as weak, however long", () => {
  for (const guessable of ["password2026!", "qwertyuiop", "12345678", "aaaaaaaaaaaa", "abcdefgh99"]) {
    expect(judge(guessable).level, guessable).toBe(1)
  }
  expect(judge("ann-marie-2026", ["Ann", "marie"]).level).toBe(1)
})

test("a few unrelated words are strong, and a short mixture is fair", () => {
  expect(judge("correct horse battery").level).toBe(3)
  expect(judge("nqkfjwzp").level).toBe(2)
})

test("a password can be shown, and is hidden again before it is sent", () => {
  document.body.innerHTML = `<form><span class="password"><input type="password" autocomplete="current-password">
    <button class="show-password" type="button" hidden aria-pressed="false"></button></span></form>`
  enablePasswordControls()
  const [input, button] = [document.querySelector("input")!, document.querySelector("button")!]
  expect(button.hidden).toBe(false)
  button.click()
  expect([input.type, button.getAttribute("aria-pressed")]).toEqual(["text", "true"])
  document.querySelector("form")!.dispatchEvent(new Event("submit"))
  expect(input.type).toBe("password")
})

test("only a new password is judged while one types", () => {
  document.body.innerHTML = `<form><input name="name" value="Ann Lovelace">
    <span class="password"><input type="password" autocomplete="new-password"></span>
    <span class="password"><input type="password" autocomplete="current-password"></span></form>`
  enablePasswordControls()
  const meters = document.querySelectorAll<HTMLElement>(".strength")
  expect(meters).toHaveLength(1)
  const input = document.querySelector<HTMLInputElement>('[autocomplete="new-password"]')!
  input.value = "lovelace99"
  input.dispatchEvent(new Event("input"))
  expect([meters[0]!.hidden, meters[0]!.dataset.level]).toEqual([false, "1"])
})
