import "fake-indexeddb/auto"
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest"
import { LocalDatabase } from "../local/database"
import { lastUser, rememberUser } from "../local/lastUser"
import { guardSigningOut } from "./signingOut"

const USER = 7
let sent: string[]

beforeAll(() => {
  guardSigningOut()
  // jsdom knows neither.
  HTMLFormElement.prototype.submit = function () {
    sent.push(new URL(this.action).pathname)
  }
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true
  }
})
beforeEach(() => {
  sent = []
  rememberUser(USER)
  document.head.innerHTML = `<meta name="weft-user" content="${USER}">`
  document.body.innerHTML = `<form method="post" action="/accounts/logout/"><button>Sign out</button></form>`
})
afterEach(async () => {
  await new LocalDatabase(USER).destroy()
  vi.restoreAllMocks()
})

async function keepAnEdit(): Promise<void> {
  const database = new LocalDatabase(USER)
  await database.save("plan", { debt: { page: "a", edits: 1, stamp: 1 } }, () => new Uint8Array([0, 0]))
}
const press = () => document.querySelector("form")!.requestSubmit()
const question = () => document.querySelector("dialog")
const answer = (value: string) => {
  const dialog = question()!
  dialog.returnValue = value
  dialog.dispatchEvent(new Event("close"))
}
const left = async () => (await new LocalDatabase(USER).summaries()).length

it("just signs out where nothing waits", async () => {
  press()
  await vi.waitFor(() => expect(sent).toEqual(["/accounts/logout/"]))
  expect(question()).toBeNull()
  expect(lastUser()).toBeNull()
})

it("asks before something is lost, and stays when told so", async () => {
  await keepAnEdit()
  press()
  await vi.waitFor(() => expect(question()?.textContent).toContain("1 edit in 1 document hasn’t reached the server yet."))
  answer("stay")
  await vi.waitFor(() => expect(question()).toBeNull())
  expect([sent, await left(), lastUser()]).toEqual([[], 1, USER])
})

it("leaves nothing when told to go on", async () => {
  await keepAnEdit()
  press()
  await vi.waitFor(() => expect(question()).not.toBeNull())
  answer("discard")
  await vi.waitFor(() => expect(sent).toEqual(["/accounts/logout/"]))
  expect([await left(), lastUser()]).toEqual([0, null])
})

it("forgets whose copies open offline as soon as somebody signs in", () => {
  document.head.innerHTML = ""
  document.body.innerHTML = `<form method="post" action="/accounts/login/"></form>`
  document.querySelector("form")!.addEventListener("submit", (event) => event.preventDefault())
  press()
  expect(lastUser()).toBeNull()
})
