// What somebody writes against the package's types; only compiled.
import { type ProviderOptions, type Shelf, type Status, WeftProvider } from "@weft/provider"
import { Awareness } from "y-protocols/awareness"
import * as Y from "yjs"

declare const shelf: Shelf
const options: ProviderOptions = { url: "https://weft.test", documentId: "d", token: "weft_t", shelf }
const doc = new Y.Doc()
const provider = new WeftProvider(doc, new Awareness(doc), options)
const status: Status = provider.status
if (status.kind === "ended") console.log(status.reason satisfies "signed-out" | "forbidden" | "gone" | "too-large" | "out-of-date")
// @ts-expect-error It takes the address of a server, not a number.
new WeftProvider(doc, new Awareness(doc), { url: 5, documentId: "d" })
