import { notifications } from "@mantine/notifications"
import { csrfToken } from "../../api/client"
import type { Unsent } from "../../local/database"
import { rememberUser } from "../../local/lastUser"
import { askFirst } from "../dialogs/askFirst"
import { allKept, leaveWithoutAsking, unsavedDocuments, unsavedEdits } from "../document/unsaved"
import { local } from "../offline/local"
import { isOffline } from "../offline/reach"
import { accountPages } from "../routes"

/** Asks before anything is lost that only this browser has; then nothing of this account stays in it. */
export async function signOut(): Promise<void> {
  if (isOffline()) {
    notifications.show({ title: "Not signed out", message: "Weft can’t be reached now, and signing out needs it. Try again when you are online." })
    return
  }
  const unsent = await countUnsent()
  if (unsent.edits === 0) {
    await leave()
    return
  }
  askFirst({
    title: "Sign out and lose edits?",
    message: describeUnsent(unsent),
    deed: "Sign out and discard",
    stay: "Stay",
    onConfirm: () => void leave(),
  })
}

async function countUnsent(): Promise<Unsent> {
  await allKept()
  const inPage = { edits: unsavedEdits(), documents: unsavedDocuments() }
  const kept = await local()?.unsent().catch(() => undefined)
  // What is kept holds the page's edits too, unless keeping failed.
  return kept && kept.edits >= inPage.edits ? kept : inPage
}

export const describeUnsent = ({ edits, documents }: Unsent): string =>
  `${edits === 1 ? "1 edit" : `${edits} edits`} in ${documents === 1 ? "1 document" : `${documents} documents`} ${
    edits === 1 ? "hasn’t" : "haven’t"
  } reached the server yet. Signing out removes everything that Weft keeps in this browser, and ${edits === 1 ? "it" : "they"} would be gone.`

async function leave(): Promise<void> {
  leaveWithoutAsking()
  rememberUser(null)
  await local()?.destroy().catch(() => undefined)
  submit()
}

/** A form, as browsers send them: signing out ends with the server's redirect, and a link could be followed by accident. */
function submit(): void {
  const form = document.createElement("form")
  form.method = "post"
  form.action = accountPages.signOut
  const token = document.createElement("input")
  token.type = "hidden"
  token.name = "csrfmiddlewaretoken"
  token.value = csrfToken()
  form.append(token)
  document.body.append(form)
  form.requestSubmit()
}
