/**
 * One update as several smaller ones, for networks that let only small bodies through. Applied in any order they are the
 * same as the one. Pure.
 */
import * as encoding from "lib0/encoding"
import * as Y from "yjs"

type Struct = ReturnType<typeof Y.decodeUpdate>["structs"][number]
type Range = { client: number; clock: number; len: number }

/** What surrounds the structs of a part: counts, a client and a clock of at most 8 bytes each, empty deletions. */
const FRAME_BYTES = 32
/** Origins, right origin, parent and key of an item, generously. */
const ITEM_BYTES = 128

/**
 * Parts of at most `limit` bytes each (no less than 1024), the insertions first. A single value that is larger and can't be
 * cut, such as an embedded object, makes a larger part of its own.
 */
export function split(update: Uint8Array, limit: number): Uint8Array[] {
  if (update.byteLength <= limit) return [update]
  const { structs, ds } = Y.decodeUpdate(update)
  const ranges = [...ds.clients].flatMap(([client, items]) => items.map(({ clock, len }) => ({ client, clock, len })))
  const pieces = structs.flatMap((struct) => cut(struct, limit - FRAME_BYTES - ITEM_BYTES))
  return [...gather(pieces, (few) => write(few, []), limit), ...gather(ranges, (few) => write([], few), limit)]
}

/** Long text in pieces; everything else as it is. */
function cut(struct: Struct, limit: number): Struct[] {
  if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return [struct]
  const { str } = struct.content
  const units = Math.floor(limit / 3) // a UTF-16 unit takes at most three bytes in UTF-8
  if (str.length <= units) return [struct]
  const { client, clock } = struct.id
  const pieces: Struct[] = []
  for (let from = 0; from < str.length; ) {
    let to = Math.min(from + units, str.length)
    if (to < str.length && isHighSurrogate(str.charCodeAt(to - 1))) to--
    const before = from === 0 ? struct.origin : Y.createID(client, clock + from - 1)
    const content = new Y.ContentString(str.slice(from, to))
    pieces.push(
      new Y.Item(Y.createID(client, clock + from), null, before, null, struct.rightOrigin, struct.parent, struct.parentSub, content),
    )
    from = to
  }
  return pieces
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff

/** As many of `all` into each part as fit, found by halving: writing is cheap beside sending. */
function gather<T>(all: T[], make: (few: T[]) => Uint8Array, limit: number): Uint8Array[] {
  if (all.length === 0) return []
  const whole = make(all)
  if (whole.byteLength <= limit || all.length === 1) return [whole]
  const middle = all.length >> 1
  return [...gather(all.slice(0, middle), make, limit), ...gather(all.slice(middle), make, limit)]
}

/** docs/protocol.md, `update`: structs in runs of one client without a gap, then deletions by client. */
function write(structs: Struct[], ranges: Range[]): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  const runs = runsOf(structs, ({ id }) => id.client)
  encoding.writeVarUint(encoder.restEncoder, runs.length)
  for (const run of runs) {
    encoding.writeVarUint(encoder.restEncoder, run.length)
    encoder.writeClient(run[0]!.id.client)
    encoding.writeVarUint(encoder.restEncoder, run[0]!.id.clock)
    for (const struct of run) struct.write(encoder, 0)
  }
  const deleted = runsOf(ranges, ({ client }) => client)
  encoding.writeVarUint(encoder.restEncoder, deleted.length)
  for (const run of deleted) {
    encoding.writeVarUint(encoder.restEncoder, run[0]!.client)
    encoding.writeVarUint(encoder.restEncoder, run.length)
    for (const { clock, len } of run) {
      encoding.writeVarUint(encoder.restEncoder, clock)
      encoding.writeVarUint(encoder.restEncoder, len)
    }
  }
  return encoder.toUint8Array()
}

/** Neighbours of one client together. An update names each client once, so these are all of a client's. */
function runsOf<T>(items: T[], clientOf: (item: T) => number): T[][] {
  const runs: T[][] = []
  for (const item of items) {
    const run = runs.at(-1)
    if (run !== undefined && clientOf(run[0]!) === clientOf(item)) run.push(item)
    else runs.push([item])
  }
  return runs
}
