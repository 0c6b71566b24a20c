type PasskeyError = CustomEvent<{ exception: unknown }>

/** allauth's script reports what went wrong to the console; people get a sentence instead. */
export function explainPasskeyFailures(root: Document = document): void {
  const notice = root.querySelector<HTMLElement>(".passkey-failed")
  if (!notice) return
  root.addEventListener("allauth.error", (event) => {
    const explanation = explain((event as PasskeyError).detail.exception)
    notice.textContent = explanation
    notice.hidden = false
    event.preventDefault()
  })
}

export function explain(exception: unknown): string {
  const name = exception instanceof Error ? exception.name : ""
  switch (name) {
    case "NotAllowedError":
      return "That was cancelled, or took too long. Try again when you are ready."
    case "InvalidStateError":
      return "This device has a passkey for your account already."
    case "SecurityError":
      return "This address can't use passkeys. Open Weft by its https:// name, or on localhost."
    case "NotSupportedError":
      return "This device offers no passkey that fits. Try another one, or a security key."
    default:
      return "The passkey didn't work. Try again, or sign in another way."
  }
}
