"""Each known defect of pycrdt 0.14: it is there, and our way (guarded bytes, merged without a Doc) survives it.

Should a test say that a defect is gone, pycrdt has mended it: take the assertion out, keep the rest.
"""

import json
import random
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pycrdt
import pytest

from collab.protocol.guard import scan
from collab.protocol.lib0 import ProtocolError, varuint
from collab.protocol.state_vector import decode_state_vector
from documents import merging
from documents.content import structs

# Four keystrokes of one client, each behind the one before.
KEYSTROKES = [
    bytes.fromhex(update)
    for update in (
        "0101020004010174017800",
        "01010201440200017800",
        "01010202840200017800",
        "01010203440201017800",
    )
]
NESTING_BOMB = b"\x01\x01\x01\x00\x08\x01\x01t\x01" + b"\x75\x01" * 60_000 + b"\x7e\x00"
VECTOR_BOMB = varuint(800_000_000)
UPDATE_BOMB = b"\x01" + varuint(100_000_000) + b"\x01\x00\x00"


def document(*updates: bytes) -> pycrdt.Doc[pycrdt.Text]:
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    for update in updates:
        doc.apply_update(update)
    return doc


def text(doc: pycrdt.Doc[pycrdt.Text]) -> str:
    return str(doc.get("t", type=pycrdt.Text))


def test_a_doc_may_stay_stuck_on_updates_out_of_order_but_merged_bytes_never_do() -> None:
    stuck = 0
    for order in permutations(KEYSTROKES):
        stuck += text(document(*order)) != "xxxx"
        merged = merging.merge(order)
        assert text(document(merged)) == "xxxx"
        assert decode_state_vector(merging.state_vector(merged)) == {2: 4}
        assert scan(merged).structs == [(2, 0, 4)]
    assert stuck == 6


def test_a_doc_forgets_what_is_pending_when_stored_but_merged_bytes_keep_it() -> None:
    first, missing, *rest = KEYSTROKES
    assert text(document(document(first, *rest).get_update(), missing)) != "xxxx"

    stored = merging.merge([first, *rest])
    assert scan(stored).structs == [(2, 0, 1), (2, 2, 2)]
    assert text(document(merging.merge([stored, missing]))) == "xxxx"


def test_a_pending_deletion_is_kept_by_merged_bytes_too() -> None:
    first, second, *_ = KEYSTROKES
    delete_second = b"\x00\x01\x02\x01\x01\x01"
    assert text(document(document(first, delete_second).get_update(), second)) == "xx"
    assert text(document(merging.merge([merging.merge([first, delete_second]), second]))) == "x"


def test_text_typed_between_surrogates_is_read_from_merged_bytes_as_yjs_wrote_it() -> None:
    case = json.loads((Path(__file__).parents[1] / "vectors" / "surrogates.json").read_text())
    updates = [bytes.fromhex(update) for update in case["updates"]]
    # How Yjs reads each of these bytes is in the vector.
    assert merging.merge(updates).hex() == case["merged"]
    assert case["read"]["merged"] == case["read"]["yjs"] == case["read"]["updates"] == "a\ufffdX\ufffdb"
    assert document(*updates).get_update().hex() == case["document"]
    assert case["read"]["document"] != case["read"]["yjs"]


def _in_a_process(call: str, data: bytes) -> int:
    """The return code, negative for a signal. Memory is limited, so that a bomb fails instead of eating ours."""
    code = (
        "import resource, sys, pycrdt\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))\n"
        f"data = sys.stdin.buffer.read()\n{call}\n"
    )
    return subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=False).returncode


@pytest.mark.parametrize("call", ["pycrdt.merge_updates(data, data)", "pycrdt.get_state(data)"])
def test_nesting_ends_the_process_within_pycrdt_and_is_refused_before_it(call: str) -> None:
    assert _in_a_process(call, NESTING_BOMB) < 0
    with pytest.raises(ProtocolError, match="nested too deep"):
        scan(NESTING_BOMB)


def test_a_tiny_state_vector_exhausts_memory_within_pycrdt_and_is_refused_before_it() -> None:
    assert len(VECTOR_BOMB) == 5
    assert _in_a_process("pycrdt.get_update(b'\\x00\\x00', data)", VECTOR_BOMB) != 0
    with pytest.raises(ProtocolError, match="too many clients"):
        decode_state_vector(VECTOR_BOMB)


def test_a_tiny_update_exhausts_memory_within_pycrdt_and_is_refused_before_it() -> None:
    assert len(UPDATE_BOMB) == 8
    assert _in_a_process("pycrdt.get_state(data)", UPDATE_BOMB) != 0
    with pytest.raises(ProtocolError, match="truncated"):
        scan(UPDATE_BOMB)


@pytest.mark.parametrize("clock", [2**32 - 1, 2**32, 2**53 - 2])
def test_a_clock_beyond_32_bits_changes_within_pycrdt_and_is_refused_before_it(clock: int) -> None:
    update = b"\x01\x01\x01" + varuint(clock) + b"\x04\x01\x01t\x01x\x00"
    assert varuint(clock) not in merging.merge([update, update])
    with pytest.raises(ProtocolError, match="clock too large"):
        scan(update)


@pytest.mark.parametrize(
    "content", [b"\x02\x01\x01t\x01\x04null", b"\x07\x01\x01t\x05\x04hook"], ids=["JSON", "XmlHook"]
)
def test_content_that_pycrdt_misreads_is_refused(content: bytes) -> None:
    update = b"\x01\x01\x01\x00" + content + b"\x00"
    with pytest.raises(merging.UnreadableUpdate):
        merging.merge([update, update])
    with pytest.raises(ProtocolError, match="unknown kind"):
        scan(update)


@pytest.mark.parametrize(
    ("deletions", "reason"),
    [("00 01 03 02 0b01 0404", "out of order"), ("00 02 03 01 0404 03 01 0b01", "a client twice")],
    ids=["out of order", "a client twice"],
)
def test_of_deletions_in_disorder_pycrdt_forgets_some_and_they_are_refused(deletions: str, reason: str) -> None:
    update = bytes.fromhex(deletions)
    twice = pycrdt.merge_updates(update, update)
    assert structs.scan(update).deleted == {3: [(4, 8), (11, 12)]}
    assert structs.scan(twice).deleted == {3: [(11, 12)]}
    with pytest.raises(ProtocolError, match=reason):
        scan(update)


def test_of_many_updates_that_disagree_what_an_id_is_pycrdt_s_sort_panics_and_merging_does_not(
    capfd: pytest.CaptureFixture[str],
) -> None:
    head = b"\x01\x01\x09\x05"
    # Three clocks of client 9 beyond a hole: collected, a text, skipped, deleted.
    sorts = [
        head + struct + b"\x00" for struct in (b"\x00\x03", b"\x04\x01\x01t\x03abc", b"\x0a\x03", b"\x01\x01\x01t\x03")
    ]
    panics: list[str] = []
    for seed in range(40):
        updates = random.Random(seed).choices(sorts, k=64)
        for update in sorts:
            scan(update)
        try:
            pycrdt.merge_updates(*updates)
        except BaseException as panic:
            panics.append(str(panic))
        assert structs.scan(merging.merge(updates)).held == {9: [(5, 8)]}
    assert panics
    assert all("total order" in panic for panic in panics)
    capfd.readouterr()


def test_bytes_behind_an_update_are_ignored_by_pycrdt_and_refused_by_the_guard() -> None:
    merging.state_vector(KEYSTROKES[0] + b"\x00")
    with pytest.raises(ProtocolError, match="bytes after"):
        scan(KEYSTROKES[0] + b"\x00")


def test_a_panic_is_no_exception_and_merging_turns_it_into_one(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BaseException, match="unwrap") as panic:
        pycrdt.merge_updates(1)  # type: ignore[arg-type]
    assert not isinstance(panic.value, Exception)
    with pytest.raises(merging.UnreadableUpdate):
        merging.merge([b"\x01", b"\x01"])
    capfd.readouterr()  # the panic's own report


def test_text_is_indexed_in_utf8_bytes() -> None:
    """Whoever edits on the server counts bytes: an index within a character lands elsewhere in silence."""
    doc = document()
    body = doc.get("t", type=pycrdt.Text)
    body += "a😀b"
    assert len(body) == 6
    body.insert(2, "!")
    assert str(body) != "a!😀b"
    body.clear()
    body += "a😀b"
    body.insert(len("a😀".encode()), "!")
    assert str(body) == "a😀!b"


def test_an_xml_fragment_as_text_is_not_escaped() -> None:
    """So `str()` of one may never reach a page."""
    doc: pycrdt.Doc[pycrdt.XmlFragment] = pycrdt.Doc()
    fragment = doc.get("default", type=pycrdt.XmlFragment)
    fragment.children.append(pycrdt.XmlText("<script>"))
    assert str(fragment) == "<script>"


def test_merging_many_updates_takes_no_quadratic_time() -> None:
    client = varuint(7)
    keystrokes = [
        b"\x01\x01"
        + client
        + varuint(n)
        + (b"\x84" + client + varuint(n - 1) if n else b"\x04\x01\x01t")
        + b"\x01x\x00"
        for n in range(20_000)
    ]
    merged = merging.merge(keystrokes)
    assert scan(merged).structs == [(7, 0, 20_000)]
