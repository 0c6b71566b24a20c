const onApple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The name of the key that shortcuts start with, as this keyboard prints it. */
export const commandKey = onApple ? "⌘" : "Ctrl"
