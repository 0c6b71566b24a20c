import { describe, expect, it } from "vitest"
import { EventParser, type ServerSentEvent } from "./sse"
import { seeded } from "./testing/random"

const all = (...pieces: string[]): ServerSentEvent[] => {
  const parser = new EventParser()
  return pieces.flatMap((piece) => parser.push(piece))
}

describe("the grammar of a stream", () => {
  it("reads events with their kind, data and id", () => {
    expect(all("event: update\nid: 1.7\ndata: AAA=\n\ndata: x\n\n")).toEqual([
      { event: "update", data: "AAA=", id: "1.7" },
      { event: "message", data: "x", id: null },
    ])
  })

  it("joins lines of data, and passes over comments, unknown fields and events without data", () => {
    expect(all(": hello\n\nevent: ping\n\nretry: 3\ndata: a\ndata:b\ndata\n\n")).toEqual([{ event: "message", data: "a\nb\n", id: null }])
  })

  it("knows an id as its own event's only: an update without one isn't committed", () => {
    expect(all("id: 1.1\ndata: a\n\ndata: b\n\n").map(({ id }) => id)).toEqual(["1.1", null])
  })

  it("reads the same in pieces of any size, with any of the three ends of line", () => {
    const random = seeded(7)
    for (const newline of ["\n", "\r\n", "\r"]) {
      const text = ["event: update", "id: 1.2", "data: AA", "", ": ping", "data: b", "data: c", "", "data: d", "", ""].join(newline)
      const whole = all(`${text}:`)
      expect(whole).toHaveLength(3)
      for (let round = 0; round < 200; round++) {
        const pieces: string[] = []
        for (let at = 0; at < text.length; ) {
          const length = 1 + Math.floor(random() * 6)
          pieces.push(text.slice(at, at + length))
          at += length
        }
        expect(all(...pieces, ":")).toEqual(whole)
      }
    }
  })
})
