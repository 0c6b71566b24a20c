"""How PostgreSQL takes a commit: as one statement, which is its own transaction.

`log.py` says what a commit is; this is the same in one trip to the server instead of five and more. Each trip costs an
ack its time, and each that is made while a row is locked costs everybody who queues for that document. The statement
locks the rows in id order, takes the numbers and the chain's step by an UPDATE, and stores the entries: all of it, or
nothing when one of the rows isn't as expected.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg.errors import DuplicatePreparedStatement, InvalidSqlStatementName
from psycopg.types.numeric import Int8

from documents import chain

log = logging.getLogger(__name__)

_STEP = chain.step_in_sql("postgresql")
# In both, an author of 0 is nobody, as in the chain. An empty digest is that of the last entry: the chain that the
# UPDATE has just made.
_ONE = f"""
WITH taken AS (
    UPDATE documents_log SET chain = {_STEP}, head = head + %s, size_bytes = size_bytes + %s,
        edited_by_id = nullif(%s, 0), edited_at = %s, underived = TRUE
    WHERE document_id = %s AND access_version = %s
    RETURNING document_id, epoch, head, chain, edited_at
), stored AS (
    INSERT INTO documents_update (document_id, seq, author_id, update, digest, created_at)
    SELECT document_id, head - %s + entry.number, nullif(entry.author, 0), entry.update,
        coalesce(nullif(entry.digest, ''), chain), edited_at
    FROM taken, unnest(%s::bigint[], %s::bytea[], %s::bytea[]) WITH ORDINALITY AS entry (author, update, digest, number)
)
SELECT document_id, epoch, head FROM taken
"""  # noqa: S608
# The UPDATE alone would lock in whatever order the planner likes, and two processes could wait for each other. What
# another commit changed while we waited for its lock, `locked` looks at again, and the UPDATE starts from.
# For one document this takes the server half as long again as the statement above, for twenty a tenth of twenty.
_SEVERAL = f"""
WITH due AS MATERIALIZED (
    SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bytea[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS due (document_id, access_version, said, count, size, author)
), locked AS MATERIALIZED (
    SELECT document_id FROM documents_log JOIN due USING (document_id, access_version)
    ORDER BY document_id FOR UPDATE OF documents_log
), taken AS (
    UPDATE documents_log SET chain = {_STEP.replace("%s", "due.said")}, head = head + due.count,
        size_bytes = size_bytes + due.size, edited_by_id = nullif(due.author, 0), edited_at = %s,
        underived = TRUE
    FROM due
    WHERE documents_log.document_id = due.document_id AND (SELECT count(*) FROM locked) = (SELECT count(*) FROM due)
    RETURNING due.document_id, due.count, epoch, head, chain, edited_at
), stored AS (
    INSERT INTO documents_update (document_id, seq, author_id, update, digest, created_at)
    SELECT document_id, head - count + entry.number, nullif(entry.author, 0), entry.update,
        coalesce(nullif(entry.digest, ''), chain), edited_at
    FROM taken JOIN unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[])
        AS entry (document_id, number, author, update, digest) USING (document_id)
)
SELECT document_id, epoch, head FROM taken
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be written to one document's log, if its `access_version` is still that."""

    document_id: UUID
    access_version: int
    updates: Sequence[tuple[int | None, bytes]]


Numbers = dict[UUID, tuple[int, int]]
"""Epoch and new head of each document."""

_prepares = True


def take(steps: Sequence[Step], now: datetime) -> Numbers | None:
    """Commit all of it; or nothing (None) when one of the documents isn't there at that access version. Raises what
    the database raises: then nothing was written, as far as one can know."""
    assert len({step.document_id for step in steps}) == len(steps), "an UPDATE takes one step in a row"
    try:
        return _execute(steps, now)
    except Exception as fault:
        if not isinstance(fault.__cause__, (DuplicatePreparedStatement, InvalidSqlStatementName)):
            raise
        _prepare_no_more(fault)
        return _execute(steps, now)


def _execute(steps: Sequence[Step], now: datetime) -> Numbers | None:
    statement, values = _one(steps[0], now) if len(steps) == 1 else _several(steps, now)
    connection.ensure_connection()
    raw = connection.connection
    if _prepares and raw.prepare_threshold is None:
        raw.prepare_threshold = 5
    with connection.wrap_database_errors:
        # Django's cursors write the values into the statement, which is then parsed and planned each time.
        cursor = psycopg.Cursor(raw).execute(statement, values, prepare=_prepares, binary=True)
        return {document_id: (epoch, head) for document_id, epoch, head in cursor} or None


def _one(step: Step, now: datetime) -> tuple[str, list[Any]]:
    authors, updates = _authors(step), [update for _, update in step.updates]
    said, digests = _digests(step)
    count = Int8(len(updates))
    where = (now, step.document_id, Int8(step.access_version))
    return _ONE, [said, count, _size(step), authors[-1], *where, count, authors, updates, digests]


def _several(steps: Sequence[Step], now: datetime) -> tuple[str, list[Any]]:
    due: list[tuple[Any, ...]] = []
    entries: list[tuple[Any, ...]] = []
    for step in steps:
        key, authors, (said, digests) = step.document_id, _authors(step), _digests(step)
        due.append((key, Int8(step.access_version), said, Int8(len(authors)), _size(step), authors[-1]))
        numbers = map(Int8, range(1, len(authors) + 1))
        rows = zip(numbers, authors, step.updates, digests, strict=True)
        entries += [(key, number, author, update, digest) for number, author, (_, update), digest in rows]
    return _SEVERAL, [*_columns(due), now, *_columns(entries)]


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _authors(step: Step) -> list[Int8]:
    return [Int8(author or 0) for author, _ in step.updates]


def _size(step: Step) -> Int8:
    return Int8(sum(len(update) for _, update in step.updates))


def _digests(step: Step) -> tuple[bytes, list[bytes]]:
    *amid, last = chain.said(step.document_id, step.updates)
    return last, [*amid, b""]


def _prepare_no_more(fault: Exception) -> None:
    """There is a pooler between us and the server that deals each transaction to another connection and doesn't know
    of prepared statements (PgBouncer before 1.21, or without max_prepared_statements)."""
    global _prepares
    if _prepares:
        log.warning("a pooler loses prepared statements (%s); commits do without, and take longer", fault)
    _prepares = False
