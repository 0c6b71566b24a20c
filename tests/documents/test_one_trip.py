"""How PostgreSQL takes a commit: in one trip, all or nothing, and whoever else writes, numbers and chain stay whole."""

import random
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F

from documents import log, one_trip
from documents.chain import Walk
from documents.log import Batch
from documents.models import Document, Log, Update, Workspace

ANN, BEN = 1, 2


@pytest.fixture
def documents(postgres: BaseDatabaseWrapper) -> list[UUID]:
    workspace = Workspace.objects.create(name="Weavers")
    made = [Document.objects.create(workspace=workspace, title="") for _ in range(6)]
    for document in made:
        Log.objects.create(document=document)
    return [document.pk for document in made]


def everybody(document: UUID, authors: Iterable[int | None]) -> Mapping[int | None, bool]:
    return dict.fromkeys(authors, True)


def only_ann(document: UUID, authors: Iterable[int | None]) -> Mapping[int | None, bool]:
    return {author: author == ANN for author in authors}


def entries_of(document: UUID) -> list[tuple[int, int | None, bytes]]:
    """In order; that their numbers and their chain are whole is looked at on the way."""
    stands = Log.objects.get(pk=document)
    walk, entries = Walk(document, 0, b""), []
    for entry in Update.objects.filter(document=document).order_by("seq"):
        assert walk.go(entry.author_id, bytes(entry.update), bytes(entry.digest or b"")), entry.seq
        entries.append((entry.seq, entry.author_id, bytes(entry.update)))
    assert [seq for seq, _, _ in entries] == list(range(1, stands.head + 1))
    assert walk.chain == bytes(stands.chain)
    assert stands.size_bytes == sum(len(update) for _, _, update in entries)
    return entries


def trips(postgres: BaseDatabaseWrapper, batches: list[Batch], folder: Path) -> int:
    """How often a commit waits for the server: each time the client says that it is the server's turn."""
    trace = folder / "trace"
    with trace.open("w") as file:
        postgres.connection.pgconn.trace(file.fileno())
        log.commit(batches, everybody)
        postgres.connection.pgconn.untrace()
    said = [line.split("\t") for line in trace.read_text().splitlines()]
    return sum(fields[1] == "F" and fields[3].strip() in ("Sync", "Query") for fields in said)


@pytest.mark.parametrize("many", [1, 6])
def test_a_commit_is_one_trip_to_the_server(
    postgres: BaseDatabaseWrapper, documents: list[UUID], tmp_path: Path, many: int
) -> None:
    batches = [Batch(document, 1, [(ANN, b"a"), (BEN, b"b")]) for document in documents[:many]]
    log.commit(batches, everybody)  # prepares the statement
    assert trips(postgres, batches, tmp_path) == 1


@pytest.mark.parametrize("many", [1, 6])
def test_what_is_returned_is_what_is_stored(documents: list[UUID], many: int) -> None:
    batches = [
        Batch(document, 1, [(author, bytes([n, number])) for number, author in enumerate([ANN, None, BEN][: n + 1])])
        for n, document in enumerate(documents[:many])
    ]
    for _ in range(3):
        outcomes = log.commit(batches, everybody)
    for batch, outcome in zip(batches, outcomes, strict=True):
        stored = entries_of(batch.document_id)
        assert [(author, update) for _, author, update in stored] == batch.writes * 3
        assert [(e.seq, e.author_id, e.update) for e in outcome.entries] == stored[-len(batch.writes) :]
        stands = Log.objects.get(pk=batch.document_id)
        assert (stands.epoch, stands.edited_by_id) == (outcome.epoch, batch.writes[-1][0])
        assert stands.edited_at is not None


@pytest.mark.parametrize("many", [1, 6])
def test_where_rights_have_changed_they_are_asked_again_and_the_others_go_through(
    documents: list[UUID], many: int
) -> None:
    Log.objects.filter(pk=documents[0]).update(access_version=F("access_version") + 1)
    batches = [Batch(document, 1, [(ANN, b"a"), (BEN, b"b")]) for document in documents[:many]]
    first, *others = log.commit(batches, only_ann)
    assert first.refused == {1}
    assert [(author, update) for _, author, update in entries_of(documents[0])] == [(ANN, b"a")]
    for outcome in others:
        assert not outcome.refused
        assert len(entries_of(outcome.document_id)) == 2


@pytest.mark.parametrize("many", [1, 6])
def test_a_document_that_is_gone_takes_nobody_along(documents: list[UUID], many: int) -> None:
    Document.objects.filter(pk=documents[0]).delete()
    first, *others = log.commit([Batch(document, 1, [(ANN, b"a")]) for document in documents[:many]], everybody)
    assert first.gone
    assert all(len(entries_of(outcome.document_id)) == 1 for outcome in others)


def test_a_document_that_comes_twice_gets_both(documents: list[UUID]) -> None:
    log.commit([Batch(documents[0], 1, [(ANN, b"a")]), Batch(documents[0], 1, [(ANN, b"b")])], everybody)
    assert [update for _, _, update in entries_of(documents[0])] == [b"a", b"b"]


def test_behind_a_pooler_that_loses_prepared_statements_it_does_without(
    postgres: BaseDatabaseWrapper,
    documents: list[UUID],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(one_trip, "_prepares", True)
    batch = Batch(documents[0], 1, [(ANN, b"a")])
    log.commit([batch], everybody)
    with postgres.cursor() as cursor:
        cursor.execute("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")  # as psycopg doesn't notice it
    for _ in range(3):
        log.commit([batch], everybody)
    assert len(entries_of(documents[0])) == 4
    assert sum("pooler" in line for line in caplog.messages) == 1


def write(seed: int, documents: list[UUID]) -> list[tuple[UUID, int, int | None, bytes]]:
    """As a process does: some of the documents, in any order, while rights change under it. What it was told."""
    chance, told = random.Random(seed), []
    for turn in range(60):
        some = chance.sample(documents, chance.randint(1, len(documents)))
        if turn % 10 == 9:
            Log.objects.filter(pk=some[0]).update(access_version=F("access_version") + 1)
        stands = log.heads(some)
        batches = [
            Batch(
                document, stands[document].access_version, [(n, bytes([seed, turn, n])) for n in range(1, 2 + turn % 3)]
            )
            for document in some
        ]
        for outcome in log.commit(batches, everybody):
            told += [(outcome.document_id, entry.seq, entry.author_id, entry.update) for entry in outcome.entries]
    return told


def test_four_in_the_same_documents_neither_wait_for_each_other_for_ever_nor_lose_a_number(
    postgres: BaseDatabaseWrapper, documents: list[UUID]
) -> None:
    def write_by_a_connection_of_its_own(seed: int) -> list[tuple[UUID, int, int | None, bytes]]:
        connections["default"] = connection = type(postgres)(postgres.settings_dict, "default")
        try:
            return write(seed, documents)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        told = [line for lines in threads.map(write_by_a_connection_of_its_own, range(4)) for line in lines]
    for document in documents:
        of_this = [entry for key, *entry in told if key == document]
        assert sorted(map(tuple, of_this)) == entries_of(document)
