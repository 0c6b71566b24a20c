import { isDocumentOpen } from "./document/unsaved"
import { accountPages } from "./routes"

/**
 * To the sign-in page and back to where one was. Not while a document is open: it may hold edits that would be lost, and
 * its own notice offers to sign in beside it.
 */
export function goToSignIn(): void {
  if (isDocumentOpen()) return
  location.assign(accountPages.signIn(location.pathname + location.search))
}
