"""A document's content as bytes: what it answers is what a Doc with the same history would."""

import tracemalloc
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text

from collab import replica as replica_module
from collab.protocol import guard
from collab.protocol.lib0 import ProtocolError, read_varbytes, varbytes
from collab.protocol.state_vector import decode_state_vector
from collab.replica import ClockRanges, Replica
from documents import merging
from documents.log import Entry, Loaded
from tests.collab.protocol import samples

edits = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(["insert", "delete"]), st.integers(0, 30), st.text("abc😀é", max_size=4)
    ),
    max_size=30,
)


def history(steps: Sequence[tuple[int, str, int, str]]) -> tuple[list[bytes], list[bytes], str]:
    """Updates of three people who see each other at once, the state vector after each, and the text at the end."""
    docs: list[Doc[Any]] = [Doc() for _ in range(3)]
    texts = [doc.get("text", type=Text) for doc in docs]
    updates, vectors = [], []
    for who, what, at, inserted in steps:
        before = docs[who].get_state()
        content = str(texts[who])
        offset = len(content[: at % (len(content) + 1)].encode())
        if what == "insert":
            texts[who].insert(offset, inserted)
        elif content[at % (len(content) + 1) :]:
            following = content[at % (len(content) + 1)]
            del texts[who][offset : offset + len(following.encode())]
        update = docs[who].get_update(before)
        updates.append(update)
        for doc in docs:
            doc.apply_update(update)
        vectors.append(docs[who].get_state())
    return updates, vectors, str(texts[0])


def replica_of(updates: list[bytes], stored: int) -> Replica:
    """The first `stored` updates come from a snapshot, the others one by one."""
    snapshot = merging.merge(updates[:stored])
    replica = Replica(_loaded(stored, snapshot))
    for seq, update in enumerate(updates[stored:], stored + 1):
        scan = guard.scan(update)
        replica.add(Entry(seq, 1, update), scan.structs, scan.deletes)
    return replica


def _loaded(head: int, snapshot: bytes) -> Loaded:
    return Loaded(epoch=1, head=head, floor=0, access_version=1, snapshot_seq=head, snapshot=snapshot, entries=[])


def text_after(base: bytes, frames: list[bytes]) -> str:
    doc: Doc[Any] = Doc()
    body = doc.get("text", type=Text)
    doc.apply_update(base)
    for frame in frames:
        doc.apply_update(read_varbytes(frame, 2)[0])
    return str(body)


@given(edits, st.data())
def test_whatever_a_client_has_the_answer_completes_it(
    steps: list[tuple[int, str, int, str]], data: st.DataObject
) -> None:
    updates, vectors, text = history(steps)
    replica = replica_of(updates, data.draw(st.integers(0, len(updates))))
    known = data.draw(st.integers(0, len(updates)))
    vector = vectors[known - 1] if known else b"\x00"
    assert text_after(merging.merge(updates[:known]), replica.answer(vector)) == text


@given(edits, st.data())
def test_the_state_vector_is_that_of_a_doc_with_the_same_history(
    steps: list[tuple[int, str, int, str]], data: st.DataObject
) -> None:
    updates, _, _ = history(steps)
    replica = replica_of(updates, data.draw(st.integers(0, len(updates))))
    whole = replica_of(updates, len(updates))
    assert replica.state_vector() == whole.state_vector()


@given(edits)
def test_what_is_in_the_log_already_is_no_news(steps: list[tuple[int, str, int, str]]) -> None:
    updates, _, _ = history(steps)
    replica = replica_of(updates, len(updates) // 2)
    everything = merging.merge(updates)
    scan = guard.scan(everything)
    assert replica.news(everything, scan.structs, scan.deletes, whole_state=True) is None


@given(edits)
def test_what_is_new_is_kept_and_nothing_else(steps: list[tuple[int, str, int, str]]) -> None:
    updates, _, text = history(steps)
    known = len(updates) // 2
    replica = replica_of(updates[:known], 0)
    everything = merging.merge(updates)
    scan = guard.scan(everything)
    news = replica.news(everything, scan.structs, scan.deletes, whole_state=True)
    assert text_after(replica.everything(), [] if news is None else [b"\x00\x02" + varbytes(news)]) == text


@given(edits, st.data())
def test_settling_changes_nothing_a_client_can_see(steps: list[tuple[int, str, int, str]], data: st.DataObject) -> None:
    updates, _, text = history(steps)
    replica = replica_of(updates, 0)
    if not updates:
        return
    settled_at = data.draw(st.integers(1, len(updates)))
    early = replica_of(updates[:settled_at], 0)
    replica.apply_settled(early.settle())
    assert text_after(b"\x00\x00", replica.answer(b"\x00")) == text
    assert replica.state_vector() == replica_of(updates, 0).state_vector()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(1, 10)), max_size=30), st.data())
def test_clock_ranges_are_a_set(ranges: list[tuple[int, int, int]], data: st.DataObject) -> None:
    kept = ClockRanges()
    expected = set()
    for client, start, length in ranges:
        kept.add([(client, start, length)])
        expected |= {(client, clock) for clock in range(start, start + length)}
    client, start, length = data.draw(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(1, 10)))
    assert kept.cover([(client, start, length)]) == all((client, c) in expected for c in range(start, start + length))


def test_a_big_document_is_answered_with_the_stored_bytes_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_module, "TAIL_BYTES", 1)
    updates, _, _ = history([(0, "insert", 0, "abc"), (1, "insert", 0, "c")])
    replica = replica_of(updates, 1)
    first, second = replica.answer(b"\x00")
    assert read_varbytes(first, 2)[0] == updates[0]
    assert read_varbytes(second, 2)[0] == updates[1]


def test_a_large_document_s_answers_to_many_are_forgotten_before_they_outweigh_it() -> None:
    """Each who comes back from elsewhere asks with another state vector, and is answered with nearly all of it."""
    size = replica_module.CACHED_BYTES // 2
    updates = [insertion(client=7, size=size)]
    replica = replica_of(updates, 1)
    tracemalloc.start()
    try:
        for client in range(20, 20 + replica_module.CACHED_ANSWERS):
            replica.answer(merging.state_vector(insertion(client=client, size=1)))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * (replica_module.CACHED_BYTES + size)


def insertion(*, client: int, size: int) -> bytes:
    doc: Doc[Any] = Doc(client_id=client)
    doc.get("text", type=Text).insert(0, "x" * size)
    return doc.get_update()


@given(edits, st.integers(0, 30))
def test_what_a_thread_worked_out_is_kept_only_while_it_holds(
    steps: list[tuple[int, str, int, str]], stored: int
) -> None:
    """An answer that was begun before an entry came must not be the answer after it."""
    updates, vectors, text = history([*steps, (0, "insert", 0, "new")])
    replica = replica_of(updates[:-1], min(stored, len(updates) - 1))
    frozen = replica.frozen()
    scan = guard.scan(updates[-1])
    replica.add(Entry(replica.head + 1, 1, updates[-1]), scan.structs, scan.deletes)
    asked = vectors[len(vectors) // 2 - 1] if len(vectors) > 1 else merging.EMPTY_STATE_VECTOR
    frozen.answer(asked)
    frozen.answer(merging.EMPTY_STATE_VECTOR)
    replica.learn(frozen)
    doc: Doc[Any] = Doc()
    for frame in replica.answer(merging.EMPTY_STATE_VECTOR):
        doc.apply_update(read_varbytes(frame, 2)[0])
    assert str(doc.get("text", type=Text)) == text
    merged = merging.merge([*updates[: len(vectors) // 2], *(read_varbytes(f, 2)[0] for f in replica.answer(asked))])
    assert decode_state_vector(merging.state_vector(merged)) == decode_state_vector(vectors[-1])


def test_what_merging_made_unreadable_to_the_guard_opens_and_is_delivered_all_the_same() -> None:
    """Two updates of one batch that claim the same ids, the second cut within a surrogate pair."""
    claims = ("0101 07 00 0004 00", "0101 07 03 84 0602 04 f09f9880 00")  # collected: 0 … 3; a pair: 3 and 4
    entry = merging.merge([bytes.fromhex(claim) for claim in claims])
    with pytest.raises(ProtocolError, match="length zero"):
        guard.scan(entry)
    large = samples.update(samples.text("x" * (replica_module.HEAVY_BYTES + 1)), client=8)
    opened = Replica(Loaded(1, 2, 0, 1, 1, large, [Entry(2, None, entry)]))
    assert opened.head == 2
    assert merging.merge([large, entry]) == opened.everything()
    opened.add(Entry(3, None, samples.update(samples.text("y"), client=9)), [], [])
    settled = opened.settle()
    opened.add(Entry(4, None, entry), [], [])
    opened.apply_settled(settled)  # while another such came
    assert opened.head == 4
