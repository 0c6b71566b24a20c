/**
 * A request that did not do what it was asked. `code` is the server's stable word for why; two are ours, for answers that
 * never came from the application: `unreachable` (no answer at all) and `failed` (an answer we can't read).
 */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.name = "ApiError"
  }

  get signedOut(): boolean {
    return this.status === 401
  }

  get notFound(): boolean {
    return this.status === 404
  }

  /** Asking again, unchanged, may well succeed. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export const unreachable = () => new ApiError(0, "unreachable", "Weft can’t be reached. Check your connection and try again.")

/** The sentence to show a person, whatever was thrown. */
export const explain = (error: unknown): string =>
  error instanceof ApiError ? error.message : "Something went wrong. Please try again."

/** Reads `{"error": {code, message, fields}}`; anything else (a proxy's page, an empty body) becomes a plain `failed`. */
export function readFailure(status: number, body: unknown): ApiError {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {}
  const code = typeof error.code === "string" ? error.code : status === 401 ? "signed_out" : "failed"
  const message = typeof error.message === "string" ? error.message : `The server answered with an error (${status}).`
  const fields: Record<string, string> = {}
  if (isRecord(error.fields)) {
    for (const [name, complaint] of Object.entries(error.fields)) fields[name] = String(complaint)
  }
  return new ApiError(status, code, message, fields)
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null
