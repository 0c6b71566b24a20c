"""What compaction makes of a recorded editing trace: sizes and times, next to Yjs when Node and yjs are there.

    python bench/compaction.py TRACE.json.gz [--limit N]

The trace is in the format of https://github.com/josephg/editing-traces (sequential): `txns`, each with `patches`
[position, deleted, inserted]. It is written the way the editor writes: one paragraph's text, one update an edit.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText  # noqa: E402

from documents import merging  # noqa: E402
from documents.content.squeezing import squeeze  # noqa: E402

YJS = ROOT / "frontend" / "node_modules" / "yjs" / "dist" / "yjs.mjs"
SCRIPT = """
import fs from "node:fs"
const Y = await import(process.argv[1])
const [raw, compacted] = [0, 0].map(() => new Y.Doc())
Y.applyUpdate(raw, fs.readFileSync(process.argv[2]))
Y.applyUpdate(compacted, fs.readFileSync(process.argv[3]))
console.log(JSON.stringify({
  yjs: Y.encodeStateAsUpdate(raw).length,
  yjs_of_compacted: Y.encodeStateAsUpdate(compacted).length,
  equal: raw.getXmlFragment("default").toString() === compacted.getXmlFragment("default").toString(),
  length: raw.getXmlFragment("default").toString().length,
}))
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("trace", type=Path)
    arguments.add_argument("--limit", type=int, default=None, help="only the first N edits")
    given = arguments.parse_args()
    with gzip.open(given.trace) as file:
        trace = json.load(file)
    patches = [patch for txn in trace["txns"] for patch in txn["patches"]][: given.limit]

    with timed("replayed"):
        updates = written(patches)
    print(f"{len(updates):,} updates, {sum(map(len, updates)):,} bytes as rows")
    with timed("merged"):
        merged = merging.merge(updates)
    print(f"merged: {len(merged):,} bytes")
    with timed("squeezed and verified"):
        squeezed = squeeze(merged)
    print(f"squeezed: {len(squeezed):,} bytes")
    with timed("squeezed again (what the next compaction costs)"):
        squeeze(merging.merge([squeezed, *updates[-1:]]))
    if YJS.exists():
        print("Yjs:", in_yjs(merged, squeezed))
    else:
        print("Yjs is not installed: `npm ci` in frontend/")


def written(patches: list[tuple[int, int, str]]) -> list[bytes]:
    doc: Doc[Any] = Doc(client_id=4242)
    updates: list[bytes] = []

    def keep(event: TransactionEvent) -> None:
        updates.append(event.update)

    subscription = doc.observe(keep)
    paragraph = doc.get("default", type=XmlFragment).children.append(XmlElement("paragraph"))
    text = paragraph.children.append(XmlText())
    widths: list[int] | None = None  # the trace counts code points, pycrdt bytes; they differ only with non-ASCII text
    if any(not inserted.isascii() for _, _, inserted in patches):
        widths = []
    for position, deleted, inserted in patches:
        start, stop = position, position + deleted
        if widths is not None:
            start = sum(widths[:position])
            stop = start + sum(widths[position : position + deleted])
            widths[position : position + deleted] = [len(character.encode()) for character in inserted]
        with doc.transaction():
            if deleted:
                del text[start:stop]
            if inserted:
                text.insert(start, inserted)
    doc.unobserve(subscription)
    return updates


def in_yjs(merged: bytes, squeezed: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("merged", "squeezed")]
        for path, update in zip(paths, (merged, squeezed), strict=True):
            Path(path).write_bytes(update)
        command = ["node", "--input-type=module", "--eval", SCRIPT, YJS.as_uri(), *paths]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"{what} in {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
