import { csrfToken } from "../../api/client"
import { accountPages } from "../routes"

/** A form, as browsers send them: signing out ends with the server's redirect, and a link could be followed by accident. */
export function signOut(): void {
  const form = document.createElement("form")
  form.method = "post"
  form.action = accountPages.signOut
  const token = document.createElement("input")
  token.type = "hidden"
  token.name = "csrfmiddlewaretoken"
  token.value = csrfToken()
  form.append(token)
  document.body.append(form)
  // Not submit(): that one skips the question about edits that aren't saved yet in some browsers.
  form.requestSubmit()
}
