from typing import Any

import pycrdt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collab.protocol import guard
from collab.protocol.guard import scan
from collab.protocol.lib0 import MAX_SAFE_INTEGER, ProtocolError, varuint
from collab.protocol.state_vector import MAX_CLOCK
from tests.collab.protocol.samples import delete, in_root, text, update, vectors

UPDATES: list[dict[str, Any]] = vectors("updates")
BYTES = [bytes.fromhex(vector["hex"]) for vector in UPDATES]
SMALL = [raw for raw in BYTES if len(raw) < 400]


def test_every_update_of_yjs_passes_and_says_what_yjs_reads_in_it() -> None:
    assert len(UPDATES) > 300
    for vector, raw in zip(UPDATES, BYTES, strict=True):
        found = scan(raw)
        assert [list(part) for part in found.structs] == vector["structs"], vector["name"]
        assert [list(part) for part in found.deletes] == vector["deletes"], vector["name"]


def test_every_update_of_yjs_cut_short_anywhere_is_refused() -> None:
    for raw in SMALL[:150]:
        for end in range(len(raw)):
            with pytest.raises(ProtocolError):
                scan(raw[:end])


def test_a_byte_behind_an_update_is_refused() -> None:
    for raw in SMALL[:150]:
        with pytest.raises(ProtocolError, match="after"):
            scan(raw + b"\x00")


@given(st.binary(max_size=200))
def test_random_bytes_pass_or_are_refused_and_nothing_else(raw: bytes) -> None:
    _passes_only_what_pycrdt_can_keep(raw)


Edit = tuple[int, bytes, int]
"""Where, what to put there, how many bytes to drop."""
EDITS = st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3), st.integers(0, 3)), max_size=3)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(SMALL), EDITS)
@example(update(in_root(7, b"\x05\x01h")), [])
@example(update(in_root(2, b"\x01\x04null")), [])
def test_whatever_passes_after_mutation_is_kept_whole_by_pycrdt(raw: bytes, edits: list[Edit]) -> None:
    for at, put, drop in edits:
        at %= len(raw) + 1
        raw = raw[:at] + put + raw[at + drop :]
    _passes_only_what_pycrdt_can_keep(raw)


def _passes_only_what_pycrdt_can_keep(raw: bytes) -> None:
    """Else one accepted update would spoil its document for good: every later merge reads it again."""
    try:
        found = scan(raw)
    except ProtocolError:
        return
    merged = pycrdt.merge_updates(raw, b"\x00\x00")
    pycrdt.get_state(raw)
    pycrdt.get_update(raw, b"\x00")
    assert sorted(scan(merged).structs) == sorted(found.structs)


@given(
    st.integers(0, MAX_SAFE_INTEGER),
    st.integers(0, MAX_CLOCK + 2),
    st.integers(0, MAX_SAFE_INTEGER),
    st.integers(0, MAX_CLOCK + 2),
    st.booleans(),
    st.text(min_size=0, max_size=70),
)
@example(5, 7, 5, 7, False, "x")
@example(5, 7, 5, 6, True, "x")
def test_the_short_way_decides_as_the_long_way(
    client: int, clock: int, other: int, other_clock: int, between: bool, typed: str
) -> None:
    neighbour = varuint(other) + varuint(other_clock)
    content = varuint(len(typed.encode())) + typed.encode()
    raw = update((b"\xc4" + neighbour * 2 if between else b"\x84" + neighbour) + content, client=client, clock=clock)
    # The same item, kept off the short way by a deletion behind it.
    long = raw[:-1] + delete(9, (0, 1))
    assert _outcome(raw) == _outcome(long)


def _outcome(raw: bytes) -> list[guard.Range] | str:
    try:
        return scan(raw).structs
    except ProtocolError as error:
        return error.reason


def test_what_is_skipped_is_no_content() -> None:
    skip = b"\x0a\x05"
    assert scan(update(text("ab"), skip, text("c"))).structs == [(1, 0, 2), (1, 7, 1)]
    assert scan(update(skip)).is_empty


def test_neighbouring_items_are_one_range() -> None:
    assert scan(update(text("ab"), b"\x00\x03", in_root(1, b"\x04"))).structs == [(1, 0, 9)]


def test_text_counts_as_javascript_does() -> None:
    assert scan(update(text("aß文😀"))).structs == [(1, 0, 5)]


def test_an_update_that_says_nothing_is_empty() -> None:
    assert scan(b"\x00\x00").is_empty
    assert not scan(b"\x00" + delete(1, (0, 1))).is_empty


def nested_any(depth: int) -> bytes:
    return update(in_root(8, b"\x01" + b"\x75\x01" * depth + b"\x7e"))


def nested_json(depth: int) -> bytes:
    raw = b"[" * depth + b"]" * depth
    return update(in_root(5, varuint(len(raw)) + raw))


def json_embed(raw: bytes) -> bytes:
    return update(in_root(5, varuint(len(raw)) + raw))


@pytest.mark.parametrize("nested", [nested_any, nested_json])
def test_values_may_nest_64_deep_and_no_deeper(nested: Any) -> None:
    assert scan(nested(64)).structs == [(1, 0, 1)]
    with pytest.raises(ProtocolError, match="nested too deep"):
        scan(nested(65))


def test_brackets_within_json_text_are_no_nesting() -> None:
    assert not scan(json_embed(b'{"a":"' + b"[" * 100 + b'\\""}')).is_empty


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"undefined", b"NaN", b"-Infinity", b"1e999", b"9" * 400, b'"\\ud83d"', b'"\xff"', b"1 2", b"'a'"],
)
def test_json_that_a_browser_or_pycrdt_cannot_read_is_refused(raw: bytes) -> None:
    with pytest.raises(ProtocolError, match="not JSON"):
        scan(json_embed(raw))


@pytest.mark.parametrize("raw", [b" null ", b'{"a":[1,2.5,-0,1e3,"\\ud83d\\ude00"]}', b'"\\u0000"'])
def test_json_that_both_read_passes(raw: bytes) -> None:
    assert not scan(json_embed(raw)).is_empty


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x01\x00", "truncated"),
        (update(b"\x80\x03"), "flags on a struct without content"),
        (update(b"\x2a\x03"), "flags on a struct without content"),
        (update(b"\x00\x00"), "length zero"),
        (update(b"\x0a\x00"), "length zero"),
        (update(text("")), "length zero"),
        (update(in_root(8, b"\x00")), "length zero"),
        (update(in_root(1, b"\x00")), "length zero"),
        (b"\x00" + delete(1, (3, 0)), "length zero"),
        (b"\x02" + update(text("a"))[1:-1] + update(text("b"), clock=1)[1:], "a client twice"),
        (b"\x02" + update(text("a"))[1:-1] + update(text("b"), client=2)[1:], "clients out of order"),
        (b"\x00\x02" + delete(1, (0, 1))[1:] + delete(1)[1:], "a client twice"),
        (b"\x00" + delete(1, (5, 1), (0, 1)), "deletions out of order"),
        (b"\x00" + delete(1, (0, 5), (4, 3)), "deletions out of order"),
        (update(in_root(9, b"\x01g\x7e")), "a subdocument without options"),
        (update(in_root(9, b"\x01g\x7f")), "a subdocument without options"),
        (update(in_root(9, b"\x01g")), "a subdocument without options"),
        (update(in_root(8, b"\x01\x76\x01\x09__proto__\x74\x00")), "a key that JavaScript keeps for itself"),
        (update(b"\x04\x00\x01\x00\x01x"), "refers to a later one"),  # its own parent
        (update(b"\x84\x01\x00\x01x"), "refers to a later one"),  # behind itself
        (update(b"\x44\x01\x05\x01x", clock=2), "refers to a later one"),
        (update(b"\x84\x02" + varuint(2**32) + b"\x01x"), "refers to a later one"),
        (update(b"\x04\x02\x01t\x01x"), "unknown kind of parent"),
        (update(in_root(7, b"\x07")), "unknown kind of type"),
        (update(in_root(7, b"\x05\x01h")), "unknown kind of type"),
        (update(in_root(2, b"\x01\x04null")), "unknown kind of content"),
        (update(in_root(11, b"\x01")), "unknown kind of content"),
        (update(in_root(8, b"\x01\x73")), "unknown kind of value"),
        (update(in_root(8, b"\x01\x7d\xbf" + b"\xff" * 6 + b"\x7f")), "number too large"),
        (update(in_root(4, b"\x03\xed\xa0\xbd")), "not UTF-8"),
        (update(b"\x04\x01\x01\xff\x01x"), "not UTF-8"),
        (update(text("x"), clock=MAX_CLOCK), "clock too large"),
        (update(b"\x00" + varuint(2**32)), "clock too large"),
        (update(text("x"), clock=MAX_SAFE_INTEGER - 1), "clock too large"),
        (b"\x00" + delete(1, (0, 2**32)), "clock too large"),
        (b"\x01\x01\x81\x00\x00" + text("x") + b"\x00", "padded number"),
    ],
)
def test_what_yjs_never_writes_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        scan(raw)


def test_neighbouring_deletions_pass() -> None:
    assert scan(b"\x00" + delete(1, (0, 2), (2, 1))).deletes == [(1, 0, 2), (1, 2, 1)]


@pytest.mark.parametrize("raw", [update(text("x"), clock=MAX_CLOCK - 1), update(b"\x0a" + varuint(MAX_CLOCK))])
def test_clocks_up_to_the_limit_pass(raw: bytes) -> None:
    scan(raw)
