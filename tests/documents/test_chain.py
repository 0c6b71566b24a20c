"""The chain through a log's entries: whatever history it had it can be followed, and nothing in it can be another."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from documents import chain, compaction, log
from documents.models import Document, Log, Snapshot, Update, User
from documents.verification import faults_of
from tests.documents.content.editing import session

DOCUMENT = UUID(int=7)


@dataclass(frozen=True)
class Row:
    author: int | None
    update: bytes
    digest: bytes


def committed(*commits: list[tuple[int | None, bytes]]) -> list[Row]:
    rows: list[Row] = []
    stands = chain.BEGINNING
    for entries in commits:
        *amid, last = chain.said(DOCUMENT, entries)
        stands = chain.step(stands, len(rows), last)
        rows += [Row(*entry, digest) for entry, digest in zip(entries, [*amid, stands], strict=True)]
    return rows


def strangers(rows: list[Row], document: UUID = DOCUMENT, begins: bytes | None = chain.BEGINNING) -> list[int]:
    walk = chain.Walk(document, 0, begins)
    return [seq for seq, row in enumerate(rows, 1) if not walk.go(row.author, row.update, row.digest)]


COMMIT = st.lists(st.tuples(st.none() | st.integers(1, 3), st.binary(max_size=4)), min_size=1, max_size=4)
HISTORY = st.lists(COMMIT, min_size=1, max_size=6)


@given(HISTORY)
def test_any_history_can_be_followed_to_where_it_stands(history: list[list[tuple[int | None, bytes]]]) -> None:
    rows = committed(*history)

    walk = chain.Walk(DOCUMENT, 0, chain.BEGINNING)

    assert all(walk.go(row.author, row.update, row.digest) for row in rows)
    assert walk.chain == rows[-1].digest


@given(HISTORY, st.data())
def test_an_entry_with_another_author_or_another_byte_is_the_one_that_is_named(
    history: list[list[tuple[int | None, bytes]]], data: st.DataObject
) -> None:
    rows = committed(*history)
    at = data.draw(st.integers(0, len(rows) - 1))
    row = rows[at]
    changed = data.draw(st.sampled_from([replace(row, author=9), replace(row, update=row.update + b"!")]))

    assert strangers([*rows[:at], changed, *rows[at + 1 :]]) == [at + 1]


@given(HISTORY, st.data())
def test_an_entry_that_is_left_out_or_comes_twice_is_found(
    history: list[list[tuple[int | None, bytes]]], data: st.DataObject
) -> None:
    rows = committed(*history)
    at = data.draw(st.integers(0, len(rows) - 1))

    without, twice = [*rows[:at], *rows[at + 1 :]], [*rows[: at + 1], *rows[at:]]

    # The same bytes once more may pass for the entry that was to come; then the one after it is the first stranger.
    assert strangers(without) or at == len(rows) - 1, "of the last, the log's own chain tells"
    assert strangers(twice)


def test_two_entries_cannot_change_places() -> None:
    a, b, c = committed([(1, b"a")], [(1, b"b")], [(1, b"c")])
    assert strangers([b, a, c]) != []
    assert strangers([a, c, b]) != []


def test_the_same_entry_in_another_document_is_a_stranger_there() -> None:
    assert strangers(committed([(1, b"a")]), UUID(int=8)) == [1]


def test_where_the_beginning_is_trimmed_the_rest_can_still_be_followed() -> None:
    rows = committed([(1, b"a"), (2, b"b"), (3, b"c")], [(1, b"d")], [(1, b"e")])
    for gone in range(len(rows)):
        walk = chain.Walk(DOCUMENT, gone, None)
        assert all(walk.go(row.author, row.update, row.digest) for row in rows[gone:])
        assert walk.chain == rows[-1].digest


def test_the_database_takes_the_step_that_is_written_here(plan: Document, ann: User) -> None:
    Log.objects.filter(pk=plan.pk).update(chain=b"\1" * 16, head=300)

    log.append(plan.pk, [(ann.pk, b"one"), (None, b"two")])

    said = list(chain.said(plan.pk, [(ann.pk, b"one"), (None, b"two")]))
    assert bytes(Log.objects.get(pk=plan.pk).chain) == chain.step(b"\1" * 16, 300, said[-1])
    digests = Update.objects.filter(seq__gt=300).order_by("seq").values_list("digest", flat=True)
    assert [bytes(digest or b"") for digest in digests] == [said[0], chain.step(b"\1" * 16, 300, said[-1])]


def test_a_commit_takes_two_statements_for_all_that(plan: Document, ann: User) -> None:
    batch = log.Batch(plan.pk, Log.objects.get(pk=plan.pk).access_version, [(ann.pk, b"\0\0")])

    said: list[str] = []
    connection.connection.set_trace_callback(said.append)
    try:
        log.commit([batch], lambda document, authors: {})
    finally:
        connection.connection.set_trace_callback(None)

    assert [statement.split()[0] for statement in said if "SAVEPOINT" not in statement] == ["UPDATE", "INSERT"]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happened_to_a_log_nothing_is_found_wrong_with_it(
    plan: Document, ann: User, ben: User, seed: int
) -> None:
    chance = random.Random(seed)
    updates = iter(session(seed, edits=200))

    def commit() -> None:
        version = Log.objects.get(pk=plan.pk).access_version
        writes = [(chance.choice([ann.pk, ben.pk, None]), next(updates)) for _ in range(chance.randint(1, 6))]
        log.commit([log.Batch(plan.pk, version, writes)], lambda document, authors: {})

    def append() -> None:
        log.append(plan.pk, [(ann.pk, next(updates)) for _ in range(chance.randint(1, 6))])

    def compact() -> None:
        compaction.compact(plan.pk)

    def grow_old() -> None:
        Snapshot.objects.filter(document=plan).update(created_at=timezone.now() - timedelta(days=2))

    def trim() -> None:
        compaction.trim(plan.pk)

    acts: list[Callable[[], None]] = [commit, commit, append, compact, grow_old, trim]
    for _ in range(25):
        act = chance.choice(acts)
        act()
        assert faults_of(plan.pk) == [], act.__name__


def test_entries_from_before_there_were_checksums_are_accepted_up_to_there(plan: Document, ann: User) -> None:
    log.append(plan.pk, [(ann.pk, update) for update in session(1, 10)])
    head = Log.objects.get(pk=plan.pk).head
    Update.objects.filter(document=plan).update(digest=None)  # as the migration finds and leaves them
    Log.objects.filter(pk=plan.pk).update(chain=b"", base_seq=head)
    log.append(plan.pk, [(ann.pk, update) for update in session(2, 10)])
    assert faults_of(plan.pk) == []

    Update.objects.filter(document=plan, seq=head + 3).update(digest=None)

    assert faults_of(plan.pk)[0] == f"its entry {head + 3} has no checksum"


def test_an_account_that_is_deleted_leaves_the_chain_whole(plan: Document, ben: User) -> None:
    log.append(plan.pk, [(ben.pk, update) for update in session(1, 3)])

    ben.delete()

    assert faults_of(plan.pk) == []
