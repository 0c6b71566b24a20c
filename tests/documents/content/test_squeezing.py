"""The smallest encoding of a document, or none: never one that says something else."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from documents import merging
from documents.content.squeezing import Unsafe, squeeze
from tests.documents.content.editing import WORDS, session, typed
from tests.documents.content.test_structs import EMOJI, SPLIT
from tests.documents.content.test_writer import STUCK

YJS = Path(settings.BASE_DIR) / "frontend" / "node_modules" / "yjs" / "dist" / "yjs.mjs"
NODE = os.environ.get("NODE") or shutil.which("node")
in_yjs = pytest.mark.skipif(not YJS.exists() or not NODE, reason="needs Node and frontend/node_modules")

READ = """
import fs from "node:fs"
const Y = await import(process.argv[1])
const read = (path) => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, fs.readFileSync(path))
  const blocks = doc.getXmlFragment("default").toArray().map((e) => e.toArray().map((t) => t.toDelta()))
  return { blocks, waits: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
           size: Y.encodeStateAsUpdate(doc).length }
}
console.log(JSON.stringify(process.argv.slice(2).map(read)))
"""


@in_yjs
def test_twenty_thousand_keystrokes_squeeze_to_what_yjs_itself_would_store(tmp_path: Path) -> None:
    merged = merging.merge(typed(seed=1, edits=20_000))

    squeezed = squeeze(merged)

    before, after = _yjs(tmp_path, merged, squeezed)
    assert before["blocks"] == after["blocks"]
    assert len(squeezed) < 1.1 * before["size"]
    assert len(squeezed) < len(merged) / 2


@in_yjs
@pytest.mark.parametrize("seed", range(6))
def test_yjs_reads_a_squeezed_document_as_it_reads_the_merged_one(seed: int, tmp_path: Path) -> None:
    merged = merging.merge(session(seed, edits=1500, words=[*WORDS, "😀 ", "👩‍👩‍👧 "]))

    before, after = _yjs(tmp_path, merged, squeeze(merged))

    assert before["blocks"] == after["blocks"]
    assert not after["waits"]
    assert len(squeeze(merged)) < 2 * before["size"]


@in_yjs
@pytest.mark.parametrize("seed", range(6))
def test_an_old_snapshot_with_new_entries_squeezes_like_the_whole_history(seed: int, tmp_path: Path) -> None:
    updates = session(seed, edits=1000)
    step = squeeze(merging.merge(updates[:600]))

    before, after = _yjs(tmp_path, merging.merge(updates), squeeze(merging.merge([step, *updates[600:]])))

    assert before["blocks"] == after["blocks"]
    assert before["size"] == after["size"]


def test_structs_that_wait_for_a_missing_update_are_not_dropped() -> None:
    with pytest.raises(Unsafe, match="structs are missing"):
        squeeze(merging.merge([STUCK[0], STUCK[2], STUCK[3]]))


def test_a_deletion_that_waits_for_its_target_is_not_dropped() -> None:
    deletes_what_is_not_there = bytes([0, 1, 1, 1, 2, 1])

    with pytest.raises(Unsafe, match="deletions are missing"):
        squeeze(merging.merge([STUCK[0], deletes_what_is_not_there]))


def test_a_split_surrogate_pair_is_kept_as_it_is() -> None:
    with pytest.raises(Unsafe, match="surrogate"):
        squeeze(merging.merge([EMOJI, SPLIT]))


def test_what_no_yjs_writes_is_kept_as_it_is() -> None:
    with pytest.raises(Unsafe):
        squeeze(b"\x01\x01\x01\x00\x0b\x01\x00\x00")


def _yjs(folder: Path, *updates: bytes) -> list[dict[str, Any]]:
    paths = []
    for number, update in enumerate(updates):
        paths.append(str(folder / f"{number}.bin"))
        Path(paths[-1]).write_bytes(update)
    assert NODE
    command = [NODE, "--input-type=module", "--eval", READ, YJS.as_uri(), *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    read_back: list[dict[str, Any]] = json.loads(done.stdout)
    return read_back
