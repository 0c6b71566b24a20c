import { notifications } from "@mantine/notifications"
import { readContent } from "../../api/documents"
import { explain } from "../../api/errors"
import type { ExportFormat } from "../../api/types"
import { routes } from "../routes"

/**
 * Browsers allow writing only while the press is fresh, so what must be fetched first goes in as a promise. Where the page
 * isn't served securely there is no clipboard to write to, and saying so beats failing in silence.
 */
async function copy(text: string | Promise<string>): Promise<void> {
  if (!navigator.clipboard) throw new Error("no clipboard")
  if (typeof text === "string" || typeof ClipboardItem === "undefined") return navigator.clipboard.writeText(await text)
  const blob = text.then((content) => new Blob([content], { type: "text/plain" }))
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })])
}

const refused = (message: string) => notifications.show({ color: "red", title: "Not copied", message })

export async function copyLink(id: string): Promise<void> {
  const address = location.origin + routes.document(id)
  try {
    await copy(address)
    notifications.show({ message: "Link copied" })
  } catch {
    refused(`Your browser does not let this page copy. The link is ${address}`)
  }
}

export async function copyText(text: string, done: string): Promise<void> {
  try {
    await copy(text)
    notifications.show({ message: done })
  } catch {
    refused("Your browser does not let this page copy. Select the text and copy it by hand.")
  }
}

export async function copyContent(id: string, format: ExportFormat, label: string): Promise<void> {
  let failure: unknown
  const content = readContent(id, format).catch((error: unknown) => {
    failure = error
    throw error
  })
  try {
    await copy(content)
    notifications.show({ message: `Copied as ${label}` })
  } catch {
    refused(failure ? explain(failure) : "Your browser does not let this page copy. Download it instead.")
  }
}
