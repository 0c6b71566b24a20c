import { describe, expect, it } from "vitest"
import { afterEnd, afterFrame, afterLook, afterTrial, climbed, type Ended, type Ladder, ladderOf, nextLook, obstacleAbove } from "./ladder"
import { BUFFERED, NO_FRAME, type TransportKind } from "./transport"

const KINDS: TransportKind[] = ["websocket", "sse", "poll"]

const fresh = () => ladderOf(KINDS, null)
const rung = ({ kinds, rung }: Ladder) => kinds[rung]
const ended = (more: Partial<Ended> = {}): Ended => ({ code: 1006, opened: false, heard: false, lived: 0, online: true, ...more })
const end = (ladder: Ladder, more: Partial<Ended> = {}) => afterEnd(ladder, ended(more)).ladder
const refusedTwice = () => end(end(fresh()))

describe("down", () => {
  it("goes after two refused sockets, and at once", () => {
    expect(rung(end(fresh()))).toBe("websocket")
    const { ladder, now } = afterEnd(end(fresh()), ended())
    expect([rung(ladder), now, obstacleAbove(ladder)]).toEqual(["sse", true, "upgrade_blocked"])
  })

  it("goes after one socket that says nothing", () => {
    const ladder = end(fresh(), { code: NO_FRAME, opened: true, lived: 4000 })
    expect([rung(ladder), obstacleAbove(ladder)]).toEqual(["sse", "frames_swallowed"])
  })

  it("goes after sockets that are cut within a minute, each of them", () => {
    let ladder = fresh()
    for (const cut of ["websocket", "websocket", "sse"]) {
      ladder = end(afterFrame(ladder), { heard: true, opened: true, lived: 30_000 })
      expect(rung(ladder)).toBe(cut)
    }
    expect(obstacleAbove(ladder)).toBe("connection_cut")
  })

  it("goes from a stream that is kept back to polling", () => {
    const ladder = end(afterFrame(refusedTwice()), { code: BUFFERED, opened: true, heard: true, lived: 4000 })
    expect([rung(ladder), obstacleAbove(ladder)]).toEqual(["poll", "stream_buffered"])
  })

  it("doesn't go for a server that restarts, is too busy, or changed rights: these words came through", () => {
    for (const code of [1011, 1012, 1013, 4503, 4500]) {
      let ladder = fresh()
      for (let times = 0; times < 5; times++) ladder = end(ladder, { code, opened: true, lived: 10 })
      expect(rung(ladder)).toBe("websocket")
    }
  })

  it("doesn't go while the browser says that it is offline", () => {
    let ladder = fresh()
    for (let times = 0; times < 9; times++) ladder = end(ladder, { online: false, code: NO_FRAME })
    expect(rung(ladder)).toBe("websocket")
  })

  it("doesn't go for sockets that last", () => {
    let ladder = fresh()
    for (let times = 0; times < 9; times++) ladder = end(afterFrame(ladder), { opened: true, heard: true, lived: 70_000 })
    expect(rung(ladder)).toBe("websocket")
  })
})

describe("a network that is gone", () => {
  it("is looked for from the top: what is below failed alike", () => {
    const { ladder, now } = afterEnd(refusedTwice(), ended())
    expect([rung(ladder), now, ladder.obstacles]).toEqual(["websocket", false, {}])
  })

  it("doesn't lead down however long it lasts", () => {
    let ladder = fresh()
    for (let times = 0; times < 60; times++) {
      ladder = end(ladder)
      expect(rung(ladder)).not.toBe("poll")
    }
    expect(ladder.home).toBe(0)
  })

  it("is waited for where it worked last", () => {
    let ladder = afterFrame(refusedTwice())
    ladder = end(ladder, { opened: true, heard: true, lived: 90_000 })
    ladder = end(ladder)
    expect([rung(ladder), obstacleAbove(ladder)]).toEqual(["sse", "upgrade_blocked"])
  })

  it("but not forever, for maybe it is only this transport that stopped working", () => {
    let ladder = afterFrame(refusedTwice())
    for (let times = 0; times < 4; times++) ladder = end(ladder)
    expect([rung(ladder), ladder.obstacles]).toEqual(["websocket", {}])
  })
})

describe("up", () => {
  const onPoll = () => afterFrame(end(afterFrame(refusedTwice()), { code: BUFFERED, opened: true, heard: true }))

  it("is looked for soon at first, then ever more seldom, and never at the top", () => {
    let ladder = afterFrame(refusedTwice())
    const delays: number[] = []
    for (let look = 0; look < 8; look++) {
      delays.push(nextLook(ladder, () => 0.999)! / 1000)
      ladder = afterLook(ladder)
    }
    expect(delays.map(Math.round)).toEqual([2, 30, 60, 120, 240, 480, 600, 600])
    expect(nextLook(afterFrame(fresh()), () => 0)).toBeNull()
    expect(nextLook(refusedTwice(), () => 0)).toBeNull()
  })

  it("forgets what stood in the way of the rung that it reached, and remembers what stands above", () => {
    expect(obstacleAbove(climbed(onPoll(), 1))).toBe("upgrade_blocked")
    expect(climbed(onPoll(), 0).obstacles).toEqual({})
  })

  it("learns from a trial why it failed", () => {
    const ladder = afterTrial(afterFrame(refusedTwice()), 0, ended({ code: NO_FRAME, opened: true }))
    expect(obstacleAbove(ladder)).toBe("frames_swallowed")
  })

  it("is looked for less and less where what comes about is cut again", () => {
    let ladder = afterFrame(fresh())
    const delays: number[] = []
    for (let round = 0; round < 3; round++) {
      for (let cut = 0; cut < 3; cut++) ladder = end(afterFrame(ladder), { opened: true, heard: true, lived: 30_000 })
      ladder = afterFrame(ladder)
      delays.push(nextLook(ladder, () => 0.999)! / 1000)
      ladder = climbed(ladder, 0)
    }
    expect(delays.map(Math.round)).toEqual([30, 60, 120])
  })
})

it("begins with what worked here a short while ago, and without the quick first look", () => {
  const ladder = afterFrame(ladderOf(KINDS, { kind: "poll", obstacles: { websocket: "upgrade_blocked", sse: "stream_buffered" } }))
  expect([rung(ladder), obstacleAbove(ladder)]).toEqual(["poll", "stream_buffered"])
  expect(nextLook(ladder, () => 0.999)).toBeGreaterThan(20_000)
})

it("leaves what is remembered as soon as nobody answers there", () => {
  expect(rung(end(ladderOf(KINDS, { kind: "poll", obstacles: {} })))).toBe("websocket")
})
