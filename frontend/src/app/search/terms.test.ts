import { describe, expect, it } from "vitest"
import { fold, marked, termsOf } from "./terms"

describe("what is looked for", () => {
  it("takes case, accents and width for no difference", () => {
    expect(fold("Ökonomie")).toBe("okonomie")
    expect(fold("МОСКВА")).toBe(fold("Москва"))
    expect(fold("ΕΛΛΆΣ")).toBe(fold("ελλας"))
    expect(fold("cafe\u0301")).toBe("cafe")
    expect(fold("Ｗｅｆｔ")).toBe("weft")
    expect(fold("İstanbul")).toBe("istanbul")
  })

  it("leaves other letters other letters", () => {
    expect(fold("が")).not.toBe(fold("か"))
    expect(fold("각")).not.toBe(fold("갂"))
    expect(fold("ø")).not.toBe("o")
  })

  it("keeps every place where it is", () => {
    for (const text of ["Größe 👩‍👩‍👧 é", "ﬁn", "İ", "\ud83d", "각"]) expect(fold(text)).toHaveLength(text.normalize("NFC").length)
  })

  it("is words, and what quotes hold together", () => {
    expect(termsOf('  March "Warm  Welcome" budget')).toEqual(["march", "warm welcome", "budget"])
    expect(termsOf(' "" ')).toEqual([])
  })

  it("is marked where it stands, once where two of it overlap", () => {
    expect(marked("Die Überraschung!", ["uber", "berra"])).toEqual([["Die ", false], ["Überra", true], ["schung!", false]])
    expect(marked("Weft", ["loom"])).toEqual([["Weft", false]])
    expect(marked("", ["loom"])).toEqual([])
  })
})
