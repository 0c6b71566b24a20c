"""The log: each document is an ordered, durable sequence of updates, numbered (epoch, seq).

What it promises: seq is contiguous within an epoch and seq order is commit order, because the number is taken by an
UPDATE of the document's row in `documents_log`, whose lock is held until the commit. A batch locks rows in id order,
so that two processes can't deadlock. The same UPDATE takes the chain of checksums one step on (`chain.py`). Raw SQL
for the database's own driver: this is the message path, where Django's cursor and transactions cost twice what SQLite
does, and an ORM save() of a Log row would write back a stale head. On PostgreSQL all of a commit is one statement
(`one_trip.py`). Callers run these in a thread with a Django connection of its own, never on the event loop.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils import timezone

from documents import chain, merging


class DocumentGone(LookupError):
    """There is no log for this document: it never was, or it was deleted for good."""


class CorruptLog(RuntimeError):
    """What is stored contradicts itself. The stored bytes stay untouched; nobody is shown an empty document instead."""


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int
    author_id: int | None
    update: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Where a document's log stands. `access_version` rises with every change of rights on the document."""

    epoch: int
    head: int
    floor: int
    access_version: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything of a document: the stored state up to `snapshot_seq`, and the entries after it."""

    epoch: int
    head: int
    floor: int
    access_version: int
    snapshot_seq: int
    snapshot: bytes
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Appended:
    epoch: int
    first_seq: int
    last_seq: int


@dataclass(slots=True)
class Batch:
    """Updates waiting for one document, in order; `access_version` is the one their authors' rights were checked at."""

    document_id: UUID
    access_version: int
    writes: list[tuple[int | None, bytes]]


@dataclass(slots=True)
class Outcome:
    """What became of a batch: the entries it became, and which of its writes (by index) were refused."""

    document_id: UUID
    epoch: int = 0
    entries: list[Entry] = field(default_factory=list)
    refused: frozenset[int] = frozenset()
    gone: bool = False


Recheck = Callable[[UUID, Iterable[int | None]], Mapping[int | None, bool]]
"""May these authors edit this document now? Asked inside the transaction, when rights changed since the batch was
checked."""

# Updates of one author in one batch become one entry, up to these bounds: more would cost pycrdt quadratic time.
MERGE_COUNT = 100
MERGE_BYTES = 256_000


def append(document_id: UUID, updates: Sequence[tuple[int | None, bytes]]) -> Appended:
    """Add (author, update) pairs, inside the caller's transaction. Raises DocumentGone."""
    now = _now()
    with _driver() as cursor:
        stood = _advance(cursor, document_id, None, updates, now)
        if stood is None:
            raise DocumentGone(str(document_id))
        _insert(cursor, _rows(document_id, stood, now))
    return Appended(stood.epoch, stood.entries[0].seq, stood.entries[-1].seq)


def commit(batches: Sequence[Batch], recheck: Recheck) -> list[Outcome]:
    """Write the batches of many documents in one transaction; when it returns, the entries are durable.

    Raises what the database raises: then nothing of any batch was written.
    """
    if connection.vendor == "postgresql" and (outcomes := _commit_in_one_trip(batches)) is not None:
        return outcomes
    with _driver() as cursor, _transaction(cursor):
        return _write(cursor, batches, recheck)


def _commit_in_one_trip(batches: Sequence[Batch]) -> list[Outcome] | None:
    """None: nothing was written; rights of somebody may have changed."""
    # Here, so that who has SQLite doesn't load PostgreSQL's driver.
    from documents import one_trip

    if len({batch.document_id for batch in batches}) < len(batches):
        return None
    steps = [one_trip.Step(batch.document_id, batch.access_version, merge_by_author(batch.writes)) for batch in batches]
    numbers = one_trip.take(steps, timezone.now())
    if numbers is None:
        return None
    outcomes = []
    for step in steps:
        epoch, head = numbers[step.document_id]
        outcomes.append(Outcome(step.document_id, epoch, _numbered(head, step.updates)))
    return outcomes


class Quick:
    """`commit` on SQLite for the event loop: it waits for no other writer, and for the disk no longer than one fsync.

    Made and closed in a thread; used by one thread at a time.
    """

    def __init__(self) -> None:
        self._wrapper = connection.copy()
        self._wrapper.inc_thread_sharing()
        self._wrapper.ensure_connection()
        self._cursor: _Cursor = self._wrapper.connection.cursor()
        self._cursor.execute("PRAGMA busy_timeout = 0")

    def commit(self, batches: Sequence[Batch]) -> list[Outcome] | None:
        """None: it can't be so quick (another writes, rights changed, the disk is full, …), nothing was written, and
        `commit` must. Raises UnreadableUpdate, as that does."""
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
            outcomes = _write(self._cursor, batches, _not_now)
            self._cursor.execute("COMMIT")
        except (sqlite3.Error, _NotNow):
            return None
        finally:
            if self._wrapper.connection.in_transaction:
                self._cursor.execute("ROLLBACK")
        return outcomes

    def close(self) -> None:
        self._wrapper.close()


def quick() -> Quick | None:
    """For this database, if it has such a thing."""
    return Quick() if connection.vendor == "sqlite" and not connection.in_atomic_block else None


class _NotNow(Exception):
    """Rights changed, or the document is gone."""


def _not_now(document_id: UUID, authors: Iterable[int | None]) -> Mapping[int | None, bool]:
    raise _NotNow


def _write(cursor: "_Cursor", batches: Sequence[Batch], recheck: Recheck) -> list[Outcome]:
    """What `commit` does, within its transaction."""
    now = _now()
    outcomes = [Outcome(batch.document_id) for batch in batches]
    order = (
        range(len(batches)) if len(batches) == 1 else sorted(range(len(batches)), key=lambda i: batches[i].document_id)
    )
    rows: list[_Row] = []
    for i in order:
        batch, outcome = batches[i], outcomes[i]
        updates = merge_by_author(batch.writes)
        stood = _advance(cursor, batch.document_id, batch.access_version, updates, now)
        if stood is None:  # rights changed since the check, or the document is gone: the slow way
            if not _lock(cursor, batch.document_id):
                outcome.gone = True
                continue
            may = recheck(batch.document_id, {author for author, _ in batch.writes})
            outcome.refused = frozenset(i for i, (author, _) in enumerate(batch.writes) if not may[author])
            updates = merge_by_author([write for write in batch.writes if may[write[0]]])
            if not updates:
                continue
            stood = _advance(cursor, batch.document_id, None, updates, now)
            assert stood is not None, "the row is locked"
        outcome.epoch, outcome.entries = stood.epoch, stood.entries
        rows.extend(_rows(batch.document_id, stood, now))
    if rows:
        _insert(cursor, rows)
    return outcomes


def merge_by_author(writes: Sequence[tuple[int | None, bytes]]) -> list[tuple[int | None, bytes]]:
    """Join what one author wrote; two authors' updates never share an entry, so that authorship stays known.

    Within a batch nobody can have seen another's update yet, so moving one author's updates together breaks no order.
    """
    if len(writes) == 1:
        return list(writes)
    groups: dict[int | None, list[list[bytes]]] = {}
    for author, update in writes:
        runs = groups.setdefault(author, [[]])
        if len(runs[-1]) >= MERGE_COUNT or sum(map(len, runs[-1])) + len(update) > MERGE_BYTES:
            runs.append([])
        runs[-1].append(update)
    return [(author, merging.merge(run)) for author, runs in groups.items() for run in runs if run]


def load(document_id: UUID) -> Loaded:
    """The newest snapshot and what came after it. Raises DocumentGone, CorruptLog."""
    for _ in range(3):
        with _driver() as cursor:
            cursor.execute(_sql().load, [_key(document_id)])
            row = cursor.fetchone()
            if row is None:
                raise DocumentGone(str(document_id))
            epoch, head, floor, access_version, seq, state, digest = row
            snapshot_seq, snapshot = (0, merging.EMPTY_UPDATE) if seq is None else (seq, bytes(state))
            if seq is not None and hashlib.sha256(snapshot).hexdigest() != digest:
                raise CorruptLog(f"{document_id}: the snapshot at {seq} does not match its checksum")
            entries = _entries(cursor, document_id, snapshot_seq, None)
        # Without a transaction around the reads a compaction may fall between them; then the numbers don't join: read
        # again.
        expected = range(snapshot_seq + 1, snapshot_seq + 1 + len(entries))
        if [entry.seq for entry in entries] == list(expected) and snapshot_seq + len(entries) >= head:
            return Loaded(epoch, snapshot_seq + len(entries), floor, access_version, snapshot_seq, snapshot, entries)
    raise CorruptLog(f"{document_id}: entries between snapshot {snapshot_seq} and head {head} are missing")


def state(document_id: UUID) -> bytes:
    """The whole document as one update."""
    loaded = load(document_id)
    return merging.merge([loaded.snapshot, *(entry.update for entry in loaded.entries)])


def entries_after(document_id: UUID, seq: int, limit: int = 1000) -> list[Entry]:
    """The next entries, in order; the caller compares `Head.floor` to know whether the first was deleted already."""
    with _driver() as cursor:
        return _entries(cursor, document_id, seq, limit)


def heads(document_ids: Sequence[UUID]) -> dict[UUID, Head]:
    """One query for any number of documents; those that are gone are missing from the answer."""
    found: dict[UUID, Head] = {}
    with _driver() as cursor:
        for at in range(0, len(document_ids), 500):  # SQLite's parameter limit, with room to spare
            chunk = document_ids[at : at + 500]
            places = ", ".join([_sql().place] * len(chunk))
            cursor.execute(_sql().heads.format(places=places), [_key(i) for i in chunk])
            for key, epoch, head, floor, access_version in cursor.fetchall():
                found[key if isinstance(key, UUID) else UUID(key)] = Head(epoch, head, floor, access_version)
    return found


class _Cursor(Protocol):
    """A cursor of the driver's (PEP 249)."""

    def execute(self, statement: str, values: Sequence[Any] = ..., /) -> Any: ...

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]], /) -> Any: ...

    def fetchone(self) -> tuple[Any, ...] | None: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...


@contextmanager
def _driver() -> Iterator[_Cursor]:
    """Raises the driver's errors as Django's."""
    with connection.wrap_database_errors:
        connection.ensure_connection()
        cursor = connection.connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


@contextmanager
def _transaction(cursor: _Cursor) -> Iterator[None]:
    if connection.in_atomic_block or connection.vendor != "sqlite":
        with transaction.atomic():
            yield
        return
    cursor.execute("BEGIN IMMEDIATE")
    try:
        yield
        cursor.execute("COMMIT")
    except BaseException:
        if connection.connection.in_transaction:
            cursor.execute("ROLLBACK")
        raise


@dataclass(frozen=True, slots=True)
class _Statements:
    """For the driver's cursor. Nothing here asks Django which database it is for each update: `connection` belongs to a
    task, and on the event loop each would make its own."""

    ops: BaseDatabaseOperations
    has_uuids: bool
    place: str
    advance: str
    advance_checked: str
    lock: str
    insert: str
    load: str
    entries: str
    heads: str


@cache
def _sql() -> _Statements:
    """Written once a process: only quoting, locking and parameters differ between the databases."""
    update = connection.ops.quote_name("update")
    advance = (
        f"UPDATE documents_log SET chain = {chain.step_in_sql(connection.vendor)}, head = head + %s,"  # noqa: S608
        " size_bytes = size_bytes + %s, edited_at = %s, edited_by_id = %s, underived = TRUE WHERE document_id = %s"
    )
    statements = _Statements(
        ops=connection.ops,
        has_uuids=connection.features.has_native_uuid_field,
        place="%s",
        advance=advance + " RETURNING epoch, head, chain",
        advance_checked=advance + " AND access_version = %s RETURNING epoch, head, chain",
        lock="SELECT head FROM documents_log WHERE document_id = %s"  # noqa: S608
        + (" FOR UPDATE" if connection.features.has_select_for_update else ""),
        insert=f"INSERT INTO documents_update (document_id, seq, author_id, {update}, digest, created_at)"  # noqa: S608
        " VALUES (%s, %s, %s, %s, %s, %s)",
        load="SELECT l.epoch, l.head, l.floor, l.access_version, s.seq, s.state, s.sha256 FROM documents_log l"
        " LEFT JOIN documents_snapshot s ON s.document_id = l.document_id AND s.epoch = l.epoch AND s.seq ="
        " (SELECT MAX(seq) FROM documents_snapshot WHERE document_id = l.document_id AND epoch = l.epoch)"
        " WHERE l.document_id = %s",
        entries=f"SELECT seq, author_id, {update} FROM documents_update"  # noqa: S608
        " WHERE document_id = %s AND seq > %s ORDER BY seq",
        heads="SELECT document_id, epoch, head, floor, access_version FROM documents_log"
        " WHERE document_id IN ({places})",
    )
    if connection.vendor != "sqlite":
        return statements
    texts = {each.name: getattr(statements, each.name) for each in fields(_Statements) if each.type is str}
    return replace(statements, **{name: text.replace("%s", "?") for name, text in texts.items()})


def _now() -> datetime | str:
    """As the driver takes it."""
    now: datetime | str | None = _sql().ops.adapt_datetimefield_value(timezone.now())
    assert now is not None
    return now


def _key(document_id: UUID) -> UUID | str:
    return document_id if _sql().has_uuids else document_id.hex


_Row = tuple[UUID | str, int, int | None, bytes, bytes, datetime | str]


@dataclass(frozen=True, slots=True)
class _Taken:
    epoch: int
    entries: list[Entry]
    digests: list[bytes]


def _advance(
    cursor: _Cursor,
    document_id: UUID,
    access_version: int | None,
    updates: Sequence[tuple[int | None, bytes]],
    now: datetime | str,
) -> _Taken | None:
    """Take the next len(updates) numbers; None when the row is not there (at that access version)."""
    size = sum(len(update) for _, update in updates)
    said = list(chain.said(document_id, updates))
    values: list[Any] = [
        said[-1],
        len(updates),
        size,
        now,
        updates[-1][0],
        _key(document_id),
    ]
    if access_version is None:
        cursor.execute(_sql().advance, values)
    else:
        cursor.execute(_sql().advance_checked, [*values, access_version])
    rows = cursor.fetchall()
    if not rows:
        return None
    epoch, head, chained = rows[0]
    return _Taken(epoch, _numbered(head, updates), [*said[:-1], bytes(chained)])


def _numbered(head: int, updates: Sequence[tuple[int | None, bytes]]) -> list[Entry]:
    """The entries that made `head` the head."""
    first = head - len(updates) + 1
    return [Entry(first + n, author, update) for n, (author, update) in enumerate(updates)]


def _lock(cursor: _Cursor, document_id: UUID) -> bool:
    cursor.execute(_sql().lock, [_key(document_id)])
    return cursor.fetchone() is not None


def _rows(document_id: UUID, taken: _Taken, now: datetime | str) -> list[_Row]:
    key = _key(document_id)
    return [(key, e.seq, e.author_id, e.update, d, now) for e, d in zip(taken.entries, taken.digests, strict=True)]


def _insert(cursor: _Cursor, rows: Sequence[_Row]) -> None:
    if len(rows) == 1:
        cursor.execute(_sql().insert, rows[0])
    else:
        cursor.executemany(_sql().insert, rows)


def _entries(cursor: _Cursor, document_id: UUID, seq: int, limit: int | None) -> list[Entry]:
    cursor.execute(_sql().entries + ("" if limit is None else f" LIMIT {limit:d}"), [_key(document_id), seq])
    return [Entry(seq, author_id, bytes(update)) for seq, author_id, update in cursor.fetchall()]
