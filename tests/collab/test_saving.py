"""From an edit to its ack: what a commit takes along, and what happens while the database fails."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, InternalError, OperationalError

from collab import writer
from collab.metrics import COUNTERS
from documents import log as document_log
from documents.log import Outcome
from documents.models import Document, Log
from tests.collab.database import break_commits, lock_database, stored, unlock_database
from tests.collab.network import Network, text_of, until


async def test_documents_that_are_written_in_at_one_time_share_their_commits(network: Network) -> None:
    def another() -> UUID:
        first = Document.objects.get(pk=network.document_id)
        document = Document.objects.create(workspace=first.workspace, title="Another")
        Log.objects.create(document=document)
        return document.pk

    people = []
    for _ in range(10):
        network.document_id = await sync_to_async(another)()
        people.append(await network.join("ann"))
    await until(lambda: all(person.all_saved for person in people))
    commits, entries = COUNTERS["commits"], COUNTERS["entries"]
    for person in people:
        await person.type("warp")
    await until(lambda: all(person.all_saved for person in people))
    assert COUNTERS["entries"] - entries == 10
    assert COUNTERS["commits"] - commits <= 5


async def test_nothing_is_acknowledged_before_the_database_committed(network: Network) -> None:
    ann = await network.join("ann")
    await network.settle()
    blocker = await sync_to_async(lock_database)()
    await ann.type("not yet")
    await asyncio.sleep(0.2)  # long against a commit, which takes 0.2 ms
    assert not ann.all_saved
    await sync_to_async(unlock_database)(blocker)
    await network.settle()
    assert ann.all_saved


async def test_what_gathers_during_a_commit_becomes_one_entry_per_author(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    blocker = await sync_to_async(lock_database)()
    await ann.type("a")
    await asyncio.sleep(0.05)  # ann's first edit is in the commit that waits
    for letter in "bcd":
        await ann.type(letter)
        await ben.type(letter.upper())
    await asyncio.sleep(0.05)
    await sync_to_async(unlock_database)(blocker)
    await network.settle()
    authors = Counter(entry.author_id for entry in await stored(network.document_id))
    assert authors == {ann.user_id: 2, ben.user_id: 1}


@pytest.mark.parametrize("fault", [OperationalError, InternalError], ids=["away", "read-only"])
async def test_while_the_database_is_down_edits_are_shared_but_not_called_saved(
    network: Network, monkeypatch: pytest.MonkeyPatch, fault: type[DatabaseError]
) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    repair = break_commits(monkeypatch, fault)
    await ann.type("unsaved")
    await until(lambda: ben.text == "unsaved")
    assert not ann.all_saved
    assert any(b'"unsaved"' in frame for frame in ben.frames)
    await ben.type("!")
    await until(lambda: ann.text == "unsaved!")
    repair()
    await network.settle()
    assert text_of([entry.update for entry in await stored(network.document_id)]) == "unsaved!"
    assert any(b'"saved"' in frame for frame in ben.frames)


async def test_while_the_database_says_nothing_edits_are_shared_but_not_called_saved(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails for half a minute at most, or never: a disk that hangs, a lock that somebody holds."""
    monkeypatch.setattr(writer, "SILENT_SECONDS", 0.1)
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    blocker = await sync_to_async(lock_database)()
    await ann.type("unsaved")
    await until(lambda: ben.text == "unsaved", seconds=5)
    await ben.type("!")
    await until(lambda: ann.text == "unsaved!", seconds=5)
    assert network.hubs[0].rooms[network.document_id].unsaved_bytes > 0
    assert any(b'"unsaved"' in frame for frame in ben.frames)
    assert not ann.all_saved
    await sync_to_async(unlock_database)(blocker)
    await network.settle()
    assert network.hubs[0].rooms[network.document_id].unsaved_bytes == 0
    assert text_of([entry.update for entry in await stored(network.document_id)]) == "unsaved!"
    assert any(b'"saved"' in frame for frame in ben.frames)


async def test_what_follows_an_edit_that_cannot_be_stored_is_not_stored_without_it(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found when the database is back. No document waits for what was given up."""
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    room = network.hubs[0].rooms[network.document_id]
    back = break_commits(monkeypatch)
    for word in ("one", "two", "six"):
        await ann.type(word)
    await ben.type("fine")
    await until(lambda: b'"unsaved"' in b"".join(ann.frames) and room.unsaved_bytes > 0 and "six" in ben.text)
    back()
    real = document_log.commit

    def refuse_one(batches: list[document_log.Batch], recheck: Any) -> list[Outcome]:
        if any(b"one" in update for batch in batches for _, update in batch.writes):
            raise DatabaseError("not this one")
        return real(batches, recheck)

    monkeypatch.setattr(document_log, "commit", refuse_one)
    await until(lambda: ann.closed is not None and ben.all_saved)
    assert room.unsaved_bytes == 0
    assert {entry.author_id for entry in await stored(network.document_id)} == {ben.user_id}
    assert ann.acknowledged == 1  # its SyncStep2


async def test_a_fault_in_one_document_ends_nobody_in_another(
    network: Network, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def another() -> UUID:
        first = Document.objects.get(pk=network.document_id)
        document = Document.objects.create(workspace=first.workspace, title="Another")
        Log.objects.create(document=document)
        return document.pk

    ann = await network.join("ann")
    network.document_id = await sync_to_async(another)()
    ben = await network.join("ben")
    await until(lambda: ann.all_saved and ben.all_saved)

    def fail(number: int) -> None:
        raise AttributeError

    monkeypatch.setattr(ann.session, "acknowledge", fail)
    await asyncio.gather(ann.type("warp"), ben.type("weft"))  # one commit
    await until(lambda: ann.closed is not None and ben.all_saved)
    assert ann.closed is not None
    assert ann.closed.code == 1011
    assert ben.closed is None
    assert "could not be delivered" in caplog.text
