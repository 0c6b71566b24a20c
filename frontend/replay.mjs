// Real Yjs as a judge for `manage.py verify_documents --with-yjs`: does a document's stored state say what its entries
// say? Standard input: for each document a count, then as many updates, each with its length before it (32 bits, big
// end first); the first is the state. Standard output: a line of JSON for each, "" or what is different.

import * as Y from "yjs";

async function* read() {
  let held = Buffer.alloc(0);
  const input = process.stdin[Symbol.asyncIterator]();
  async function take(length) {
    const pieces = [held];
    let size = held.length;
    while (size < length) {
      const { value, done } = await input.next();
      if (done) return null;
      pieces.push(value);
      size += value.length;
    }
    const all = pieces.length > 1 ? Buffer.concat(pieces) : held;
    held = all.subarray(length);
    return all.subarray(0, length);
  }
  for (let head = await take(4); head !== null; head = await take(4)) {
    const updates = [];
    for (let n = head.readUInt32BE(); n > 0; n--) {
      updates.push(new Uint8Array(await take((await take(4)).readUInt32BE())));
    }
    yield updates;
  }
}

function replayed(updates) {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  return doc;
}

function saying(doc) {
  return JSON.stringify(
    [...doc.share.keys()].sort().map((name) => {
      const root = doc.get(name, Y.XmlFragment);
      return [name, root.toString(), [...root._map.entries()].filter(([, item]) => !item.deleted).map(([key]) => key).sort()];
    }),
  );
}

function difference([state, ...updates]) {
  const shown = replayed([state]);
  const expected = replayed(updates);
  if ((shown.store.pendingStructs === null) !== (expected.store.pendingStructs === null)) return "what waits for others differs";
  if (!Y.equalSnapshots(Y.snapshot(shown), Y.snapshot(expected))) return "structs or deletions differ";
  return saying(shown) === saying(expected) ? "" : "it reads differently";
}

for await (const updates of read()) {
  let found;
  try {
    found = difference(updates);
  } catch (fault) {
    found = `Yjs can't read it: ${fault}`;
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
