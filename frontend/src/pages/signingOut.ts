import { LocalDatabase, type Unsent, wipe } from "../local/database"
import { isServed, rememberUser, userOfPage } from "../local/lastUser"

/**
 * Signing out on these pages takes along what the app keeps in this browser, and asks first when some of it never reached
 * the server. Signing in forgets whose copies would be opened without a network: they are there for their owner alone.
 */
export function guardSigningOut(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target
    if (!(form instanceof HTMLFormElement)) return
    const path = new URL(form.action, location.href).pathname
    if (path === "/accounts/login/") rememberUser(null)
    const user = userOfPage()
    // Nobody is signed in while a second step is only given up.
    if (path !== "/accounts/logout/" || user === null || !isServed()) return
    event.preventDefault()
    void leave(form, user)
  })
}

async function leave(form: HTMLFormElement, user: number): Promise<void> {
  const unsent = await new LocalDatabase(user).unsent().catch(() => ({ edits: 0, documents: 0 }))
  if (unsent.edits > 0 && !(await mayDiscard(unsent))) return
  rememberUser(null)
  await wipe(user).catch(() => undefined)
  // Without the event that this came from.
  form.submit()
}

function mayDiscard({ edits, documents }: Unsent): Promise<boolean> {
  const dialog = document.createElement("dialog")
  dialog.className = "question"
  dialog.setAttribute("aria-labelledby", "question-title")
  const title = document.createElement("h2")
  title.id = "question-title"
  title.textContent = "Sign out and lose edits?"
  const words = document.createElement("p")
  words.textContent = `${edits === 1 ? "1 edit" : `${edits} edits`} in ${documents === 1 ? "1 document" : `${documents} documents`} ${
    edits === 1 ? "hasn’t" : "haven’t"
  } reached the server yet. Open Weft to send ${edits === 1 ? "it" : "them"}, or sign out and lose ${edits === 1 ? "it" : "them"}.`
  const choices = document.createElement("form")
  choices.method = "dialog"
  choices.className = "buttons"
  choices.append(choice("Stay", "stay", "button button-quiet"), choice("Sign out and discard", "discard", "button button-danger"))
  dialog.append(title, words, choices)
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove()
      resolve(dialog.returnValue === "discard")
    })
  })
}

function choice(label: string, value: string, looks: string): HTMLButtonElement {
  const button = document.createElement("button")
  button.value = value
  button.className = looks
  button.textContent = label
  return button
}
