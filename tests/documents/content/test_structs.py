"""Our own reading of Yjs's encoding, against what pycrdt says of the same bytes."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map

from documents import merging
from documents.content import structs
from documents.content.tree import Tree
from documents.content.writer import write
from tests.documents.content.editing import session
from tests.documents.content.trees import TREES

# E.3.3: "X" typed between the halves of 😀.
EMOJI = bytes.fromhex("01010100040101740661f09f98806200")
SPLIT = bytes.fromhex("01010104c401010102015800")


@given(TREES)
@settings(deadline=None)
def test_every_clock_of_a_document_is_seen(tree: Tree) -> None:
    update = write(tree)
    reader = structs.Reader(merging.state_vector(update))
    told = {reader.uint(): reader.uint() for _ in range(reader.uint())}

    scan = structs.scan(update)

    assert {client: ranges[-1][1] for client, ranges in scan.held.items()} == told
    assert all(len(ranges) == 1 and ranges[0][0] == 0 for ranges in scan.held.values())


@pytest.mark.parametrize("seed", range(5))
def test_a_merge_holds_and_deletes_what_its_parts_do(seed: int) -> None:
    updates = session(seed, 200)

    whole = structs.scan(merging.merge(updates))

    for update in updates:
        part = structs.scan(update)
        assert structs.covers(whole.held, part.held)
        assert structs.covers(whole.deleted, part.deleted)
    assert not structs.covers(structs.scan(merging.merge(updates[:-1])).held, whole.held) or not whole.held


def test_values_of_every_kind_are_passed_over() -> None:
    doc: Doc[Any] = Doc()
    doc["array"] = Array([1, -70000, 1.5, True, None, "a", b"bytes", {"a": [1, {"b": {}}]}, [], 2**40, Map({"k": "v"})])
    update = doc.get_update()

    scan = structs.scan(update)

    assert sum(end - start for ranges in scan.held.values() for start, end in ranges) == 12


@given(st.binary(max_size=60))
def test_garbage_is_malformed_or_means_something(data: bytes) -> None:
    with suppress(structs.Malformed):
        structs.scan(data)


def test_an_insertion_between_the_halves_of_a_pair_is_found() -> None:
    assert structs.scan(merging.merge([EMOJI, SPLIT])).splits_a_character
    assert not structs.scan(EMOJI).splits_a_character


def test_a_deletion_of_one_half_of_a_pair_is_found() -> None:
    deletes_clock_1 = bytes([0, 1, 1, 1, 1, 1])
    deletes_both = bytes([0, 1, 1, 1, 1, 2])

    assert structs.scan(merging.merge([EMOJI, deletes_clock_1])).splits_a_character
    assert not structs.scan(merging.merge([EMOJI, deletes_both])).splits_a_character


def test_ranges_cover_each_other_only_without_holes() -> None:
    assert structs.covers({1: [(0, 5), (7, 9)]}, {1: [(1, 3), (7, 9)]})
    assert not structs.covers({1: [(0, 5), (7, 9)]}, {1: [(3, 8)]})
    assert not structs.covers({1: [(0, 5)]}, {2: [(0, 1)]})
    assert structs.covers({}, {})
