import { QueryClient } from "@tanstack/react-query"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { Document } from "../../api/types"
import { aDocument } from "../testing/documents"
import { type DocumentActions, documentActions, showTitle } from "./actions"
import { keys } from "./keys"

const plan = aDocument({ id: "plan", title: "Plan", position: 1 })
const notes = aDocument({ id: "notes", title: "Notes", position: 2 })

let client: QueryClient
let actions: DocumentActions
let answer: (response: Response) => void

beforeEach(() => {
  client = new QueryClient()
  client.setQueryData(keys.tree("home"), [plan, notes])
  client.setQueryData(keys.document("plan"), plan)
  actions = documentActions(client)
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => { answer = resolve }))
})
afterEach(() => vi.unstubAllGlobals())

const inTree = (id: string) => client.getQueryData<Document[]>(keys.tree("home"))?.find((document) => document.id === id)
const alone = () => client.getQueryData<Document>(keys.document("plan"))
const refusal = () => new Response(JSON.stringify({ error: { code: "forbidden", message: "Not yours." } }), { status: 403 })
const asked = () => vi.waitFor(() => expect(answer).toBeDefined())

beforeEach(() => {
  answer = undefined as never
})

describe("a change", () => {
  it("shows everywhere before the server has answered", async () => {
    const renaming = actions.rename(plan, "Better plan")
    await asked()
    expect(inTree("plan")?.title).toBe("Better plan")
    expect(alone()?.title).toBe("Better plan")
    answer(new Response(JSON.stringify({ ...plan, title: "Better plan" })))
    await renaming
  })

  it("is taken back everywhere when the server refuses", async () => {
    const renaming = actions.rename(plan, "Better plan")
    await asked()
    answer(refusal())
    await expect(renaming).resolves.toBeUndefined()
    expect(inTree("plan")?.title).toBe("Plan")
    expect(alone()?.title).toBe("Plan")
  })

  it("of place shows the document under its new parent at once", async () => {
    const moving = actions.move(notes, { parent: "plan", before: null })
    await asked()
    expect(inTree("notes")?.parent).toBe("plan")
    answer(refusal())
    await moving
    expect(inTree("notes")?.parent).toBeNull()
  })

  it("makes every list stale in the end, for the server has the last word", async () => {
    const starring = actions.favourite(plan, true)
    await asked()
    answer(new Response(null, { status: 204 }))
    await starring
    expect(client.getQueryState(keys.tree("home"))?.isInvalidated).toBe(true)
  })
})

describe("deleting for good", () => {
  it("takes the document out of the lists, and leaves its own entry to whoever shows it", async () => {
    client.setQueryData(keys.list("trashed"), [plan])
    const purging = actions.purge(plan)
    await asked()
    expect(client.getQueryData(keys.list("trashed"))).toEqual([])
    answer(new Response(null, { status: 204 }))
    await expect(purging).resolves.toBe(true)
  })
})

it("a title being typed shows in every list without asking the server", () => {
  showTitle(client, "plan", "Pla")
  expect(inTree("plan")?.title).toBe("Pla")
  expect(alone()?.title).toBe("Pla")
  expect(answer).toBeUndefined()
})
