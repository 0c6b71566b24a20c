import { unsavedEdits } from "./document/unsaved"
import { accountPages } from "./routes"

/**
 * To the sign-in page and back to where one was. Not while edits wait: leaving would lose them, and the document's own
 * notice offers to sign in beside it.
 */
export function goToSignIn(): void {
  if (unsavedEdits() > 0) return
  location.assign(accountPages.signIn(location.pathname + location.search))
}
