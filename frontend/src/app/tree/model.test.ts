import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { aDocument } from "../testing/documents"
import { ancestorsOf, buildTree, childrenOf, descendantsOf, inTreeOrder, mayStandUnder, placeAt, standsThere, withMoved } from "./model"

const plan = aDocument({ id: "plan", position: 1 })
const notes = aDocument({ id: "notes", position: 2 })
const draft = aDocument({ id: "draft", parent: "plan", position: 1 })
const sketch = aDocument({ id: "sketch", parent: "plan", position: 2 })
const detail = aDocument({ id: "detail", parent: "draft", position: 1 })
const documents = [sketch, notes, detail, plan, draft]
const tree = buildTree(documents)

describe("the document tree", () => {
  it("orders siblings by position", () => {
    expect(childrenOf(tree, null)).toEqual(["plan", "notes"])
    expect(childrenOf(tree, "plan")).toEqual(["draft", "sketch"])
  })

  it("shows a document whose parent we may not see as a root", () => {
    expect(childrenOf(buildTree([detail]), null)).toEqual(["detail"])
  })

  it("shows every document even when two stand under each other", () => {
    const a = aDocument({ id: "a", parent: "b" })
    const b = aDocument({ id: "b", parent: "a" })
    expect(childrenOf(buildTree([a, b]), null)).toEqual(["a", "b"])
  })

  it("names the way from the root down", () => {
    expect(ancestorsOf(tree, "detail").map((document) => document.id)).toEqual(["plan", "draft"])
  })

  it("reads from top to bottom, each document before its children", () => {
    expect([...inTreeOrder(tree)].map((document) => document.id)).toEqual(["plan", "draft", "detail", "sketch", "notes"])
  })

  it("finds what hangs below a document", () => {
    expect(descendantsOf(tree, "plan")).toEqual(new Set(["draft", "sketch", "detail"]))
  })
})

describe("moving", () => {
  it("refuses a place below the moved document itself", () => {
    expect(mayStandUnder(tree, "plan", "detail")).toBe(false)
    expect(mayStandUnder(tree, "plan", "plan")).toBe(false)
    expect(mayStandUnder(tree, "plan", "notes")).toBe(true)
    expect(mayStandUnder(tree, "detail", null)).toBe(true)
  })

  it("reads a drop between siblings as standing before the next other one", () => {
    expect(placeAt(tree, "sketch", "plan", 0)).toEqual({ parent: "plan", before: "draft" })
    expect(placeAt(tree, "draft", "plan", 0)).toEqual({ parent: "plan", before: "sketch" })
    expect(placeAt(tree, "notes", "plan", 2)).toEqual({ parent: "plan", before: null })
  })

  it("knows when a drop changes nothing", () => {
    expect(standsThere(tree, "draft", { parent: "plan", before: "sketch" })).toBe(true)
    expect(standsThere(tree, "sketch", { parent: "plan", before: null })).toBe(true)
    expect(standsThere(tree, "sketch", { parent: "plan", before: "draft" })).toBe(false)
  })

  it("tells both parents whether they still have children", () => {
    const moved = withMoved(documents, "detail", { parent: "notes", before: null })
    expect(moved.find((document) => document.id === "notes")?.has_children).toBe(true)
    expect(moved.find((document) => document.id === "draft")?.has_children).toBe(false)
  })

  it("lands exactly before the named sibling, whatever the tree", () => {
    const forest = fc
      .array(fc.record({ position: fc.integer({ min: 0, max: 50 }), parent: fc.nat(20) }), { minLength: 2, maxLength: 20 })
      .map((rows) =>
        rows.map(({ position, parent }, index) =>
          // Positions are the server's and distinct among siblings; a parent always precedes its children here.
          aDocument({ id: `d${index}`, position: position + index / 100, parent: index && parent < index ? `d${parent}` : null }),
        ),
      )
    fc.assert(
      fc.property(forest, fc.nat(), fc.nat(), fc.nat(), (all, which, where, index) => {
        const before = buildTree(all)
        const id = `d${which % all.length}`
        const parent = where % (all.length + 1) === all.length ? null : `d${where % (all.length + 1)}`
        fc.pre(mayStandUnder(before, id, parent))
        const place = placeAt(before, id, parent, index % (childrenOf(before, parent).length + 1))
        const after = buildTree(withMoved(all, id, place))
        expect(standsThere(after, id, place)).toBe(true)
        const others = childrenOf(after, parent).filter((sibling) => sibling !== id)
        expect(others).toEqual(childrenOf(before, parent).filter((sibling) => sibling !== id))
      }),
    )
  })
})
