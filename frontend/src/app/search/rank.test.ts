import { describe, expect, it } from "vitest"
import { aDocument } from "../testing/documents"
import { rank } from "./rank"

const titles = (documents: { title: string }[]) => documents.map(({ title }) => title)
const named = (title: string, updated_at = "2026-01-01T00:00:00Z") => aDocument({ id: title, title, updated_at })

describe("the quick switcher's order", () => {
  it("puts beginnings before words, words before insides, insides before scattered letters", () => {
    const known = ["A super plan", "Replanning", "Plan", "Pool lawn", "Notes"].map((title) => named(title))
    expect(titles(rank(known, [], "plan"))).toEqual(["Plan", "A super plan", "Replanning", "Pool lawn"])
  })

  it("keeps what only the server found, in the text, for the end", () => {
    expect(titles(rank([named("Plan")], [named("Notes")], "plan"))).toEqual(["Plan", "Notes"])
  })

  it("puts the freshest first among equals", () => {
    const known = [named("Plan A", "2026-01-01T00:00:00Z"), named("Plan B", "2026-02-01T00:00:00Z")]
    expect(titles(rank(known, [], "plan"))).toEqual(["Plan B", "Plan A"])
  })

  it("takes the words of a title in any order, whatever their accents", () => {
    expect(titles(rank([named("Übergabe der Wohnung"), named("Wohnung")], [], "wohnung uber"))).toEqual(["Übergabe der Wohnung"])
  })

  it("prefers what the server found to the same document at hand, because it tells where", () => {
    const found = { ...named("Plan"), excerpt: "the plan" }
    expect(rank([named("Plan")], [found], "plan")).toEqual([found])
  })
})
