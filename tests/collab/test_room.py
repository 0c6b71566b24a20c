"""One document, several people, several processes: what they see, what is stored, and when they are told."""

import asyncio
import gc
import json
import sqlite3
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, InternalError, OperationalError, connection
from django.db.models import F
from pycrdt import Doc, Text

from collab import follower, intake, rights, writer
from collab import hub as hub_module
from collab import room as room_module
from collab.metrics import COUNTERS
from collab.protocol import guard
from collab.protocol.lib0 import read_varbytes, varbytes
from collab.protocol.messages import encode_update
from collab.writer import Write
from documents import compaction
from documents import log as document_log
from documents.log import Entry, Outcome
from documents.models import Document, Log, Membership
from documents.models import Update as StoredUpdate
from tests.collab.network import Network, Opening, Person, Wire, look_often, text_of, until
from tests.collab.protocol.samples import text, update


@sync_to_async
def stored(document_id: UUID) -> list[Entry]:
    return document_log.load(document_id).entries


@sync_to_async
def change_role(user_id: int, role: str) -> None:
    """As an action does it, but without the signal that tells open rooms."""
    Membership.objects.filter(user_id=user_id).update(role=role)
    Log.objects.update(access_version=F("access_version") + 1)


async def test_two_people_see_each_other_s_edits(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await ann.type("warp")
    await ben.type("weft")
    await network.settle()
    assert sorted([ann.text[:4], ann.text[4:]]) == ["warp", "weft"]
    assert text_of([entry.update for entry in await stored(network.document_id)]) == ann.text


async def test_a_closed_document_is_out_of_memory_without_a_collection(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest generation is collected once in hours, and a large document is megabytes."""
    monkeypatch.setattr(hub_module, "LINGER", 0.0)
    ann, ben = await network.join("ann"), await network.join("ben")
    await ann.type("warp")
    await network.settle()
    content = weakref.ref(ann.room.replica)
    gc.collect()
    gc.disable()
    try:
        for person in (ann, ben):
            await person.leave()
            del person.room, person.session
        network.people.clear()
        await until(lambda: not network.hubs[0].rooms)
        await until(lambda: content() is None)
    finally:
        gc.enable()


async def test_a_document_that_nobody_waited_for_is_closed_again(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a Hocuspocus provider detaches, or its socket ends, while the document is read."""
    monkeypatch.setattr(hub_module, "LINGER", 0.0)
    [hub], [relay] = network.hubs, network.wire.relays
    opening = asyncio.create_task(network.join("ann"))
    while not hub._opening:
        await asyncio.sleep(0)
    opening.cancel()
    await until(lambda: not hub._opening)
    await until(lambda: not hub.rooms and not relay.documents)


async def test_who_gives_up_while_a_document_opens_takes_it_from_nobody(network: Network) -> None:
    ann, ben = (asyncio.create_task(network.join(name)) for name in ("ann", "ben"))
    while not network.hubs[0]._opening:
        await asyncio.sleep(0)
    ann.cancel()
    room = (await ben).room
    assert network.hubs[0].rooms == {network.document_id: room}
    await network.settle()


async def test_what_is_heard_while_a_document_opens_has_a_bound_and_the_log_the_rest(
    open_network: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "HEARD_WHILE_OPENING", 3)
    network = await open_network(processes=2)
    ann = await network.join("ann")
    reading, load = threading.Event(), document_log.load

    def slowly(document_id: UUID) -> document_log.Loaded:
        loaded = load(document_id)
        reading.wait(20)
        return loaded

    monkeypatch.setattr(document_log, "load", slowly)
    ben = asyncio.create_task(network.join("ben", process=1))
    while not network.hubs[1]._heard_while_opening:
        await asyncio.sleep(0)
    for letter in "weaving":
        await ann.type(letter)
        await until(lambda: ann.all_saved)
    assert [len(heard) for heard in network.hubs[1]._heard_while_opening.values()] == [3]
    reading.set()
    await ben
    await network.settle()
    assert "".join(sorted(ann.text)) == "aeginvw"


async def test_what_waits_beyond_a_gap_has_a_bound_and_the_log_the_rest(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "AHEAD", 3)
    ann = await network.join("ann")
    await ann.type("warp")
    await network.settle()
    doc: Doc[Any] = Doc()
    doc.apply_update(ann.room.replica.everything())
    updates = []
    for letter in "weft":
        before = doc.get_state()
        doc.get("text", type=Text).insert(0, letter)
        updates.append((1, doc.get_update(before)))
    head = ann.room.replica.head
    await sync_to_async(document_log.append)(network.document_id, updates * 2)
    entries = await sync_to_async(document_log.entries_after)(network.document_id, head, 100)
    assert ann.room._follower.deliver(1, entries[1:]) == []
    assert not ann.room._follower._ahead
    await until(lambda: ann.text == "tfewwarp")


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


async def test_an_author_gets_no_echo(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await ann.type("warp")
    await network.settle()
    assert not [frame for frame in ann.frames if frame[:2] == b"\x00\x02"]
    assert len([frame for frame in ben.frames if frame[:2] == b"\x00\x02"]) == 1


async def test_nothing_is_acknowledged_before_the_database_committed(network: Network) -> None:
    ann = await network.join("ann")
    await network.settle()
    blocker = await sync_to_async(_lock_database)()
    await ann.type("not yet")
    await asyncio.sleep(0.2)  # long against a commit, which takes 0.2 ms
    assert not ann.all_saved
    await sync_to_async(_unlock_database)(blocker)
    await network.settle()
    assert ann.all_saved


async def test_what_gathers_during_a_commit_becomes_one_entry_per_author(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    blocker = await sync_to_async(_lock_database)()
    await ann.type("a")
    await asyncio.sleep(0.05)  # ann's first edit is in the commit that waits
    for letter in "bcd":
        await ann.type(letter)
        await ben.type(letter.upper())
    await asyncio.sleep(0.05)
    await sync_to_async(_unlock_database)(blocker)
    await network.settle()
    authors = Counter(entry.author_id for entry in await stored(network.document_id))
    assert authors == {ann.user_id: 2, ben.user_id: 1}


async def test_a_late_joiner_on_another_process_sees_what_the_relay_lost(open_network: Opening) -> None:
    network = await open_network(processes=2)
    ann = await network.join("ann", process=0)
    ben = await network.join("ben", process=1)
    network.wire.lose_next = 1
    await ann.type("hello")
    await until(lambda: ann.all_saved)
    cleo = await network.join("cleo", process=1)
    await until(lambda: cleo.text == "hello" == ben.text)


async def test_a_lost_message_is_noticed_at_the_next_one(open_network: Opening) -> None:
    network = await open_network(processes=2)
    ann = await network.join("ann", process=0)
    ben = await network.join("ben", process=1)
    await network.settle()
    network.wire.lose_next = 1
    await ann.type("he")
    await until(lambda: ann.all_saved)
    await ann.type("llo")
    await until(lambda: ben.text == "hello")


async def test_a_lost_last_message_is_found_by_looking(open_network: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    look_often(monkeypatch)
    network = await open_network(processes=2)
    ann = await network.join("ann", process=0)
    ben = await network.join("ben", process=1)
    network.wire.drop = 1
    await ann.type("hello")
    await until(lambda: ben.text == "hello")


async def test_a_defect_in_one_look_does_not_end_the_looking(
    open_network: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_often(monkeypatch)
    network = await open_network(processes=2)
    ann = await network.join("ann", process=0)
    ben = await network.join("ben", process=1)
    expire, failed = ben.room.awareness.expire, asyncio.Event()

    def fail_once() -> None:
        ben.room.awareness.expire = expire
        failed.set()
        raise AttributeError

    ben.room.awareness.expire = fail_once
    await failed.wait()
    network.wire.drop = 1
    await ann.type("hello")
    await until(lambda: ben.text == "hello")


@pytest.mark.parametrize("seed", range(25))
async def test_everybody_converges_whatever_the_relay_does(
    open_network: Opening, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    look_often(monkeypatch)
    network = await open_network(processes=3, wire=Wire(seed, drop=0.3, double=0.3, delay=0.02))
    random = network.wire.random
    people = [await network.join(name, process=index % 3) for index, name in enumerate(["ann", "ben", "cleo", "ann"])]
    for _ in range(40):
        person = random.choice(people)
        await person.type(random.choice(["a", "bc", "é", "😀", "\n"]), at=0 if random.random() < 0.3 else None)
        if random.random() < 0.05:
            index = people.index(person)
            await person.leave()
            network.people.remove(person)
            people[index] = await network.come_back(person, process=random.randrange(3))
        await asyncio.sleep(random.random() * 0.004)
    await network.settle()
    entries = await stored(network.document_id)
    assert text_of([entry.update for entry in entries]) == people[0].text
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))


async def test_a_reader_s_update_is_refused_and_is_in_no_log(network: Network) -> None:
    rea, ann = await network.join("rea", may_edit=False), await network.join("ann")
    await rea.type("graffiti")
    await ann.type("kept")
    await until(lambda: rea.text != "graffiti" and ann.all_saved)
    assert ann.text == "kept"
    assert {entry.author_id for entry in await stored(network.document_id)} == {ann.user_id}
    assert b"\x02\x00\x09read-only" in rea.frames


async def test_no_later_ack_covers_a_refused_edit(network: Network) -> None:
    rea, ann = await network.join("rea", may_edit=False), await network.join("ann")
    await until(lambda: rea.acknowledged == 1)  # the answer to the server's question
    await rea.type("graffiti")
    rea.say(b"\x00\x02\x02\x00\x00", counts=True)  # holds nothing, and would be acknowledged by itself
    rea.say(b"\x07")
    await until(lambda: b"\x07" in rea.frames)
    await ann.type("committed after all that")
    await until(lambda: ann.all_saved)
    assert rea.acknowledged == 1


async def test_a_reader_answering_with_nothing_new_is_no_offender(network: Network) -> None:
    ann = await network.join("ann")
    await ann.type("text")
    await network.settle()
    rea = await network.join("rea", may_edit=False)
    await until(lambda: rea.text == "text" and rea.all_saved)
    assert not [frame for frame in rea.frames if frame[0] == 2]


async def test_coming_back_with_nothing_new_adds_no_entry(network: Network) -> None:
    ann = await network.join("ann")
    await ann.type("some text")
    del ann.body[2:5]
    ann.say(b"\x00\x02" + varbytes(ann.doc.get_update()), counts=True)
    await network.settle()
    before = len(await stored(network.document_id))
    again = await network.come_back(ann)
    await until(lambda: again.all_saved and again.sent == 1)
    assert len(await stored(network.document_id)) == before


async def test_offline_edits_arrive_once_when_coming_back(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await ann.type("online ")
    await network.settle()
    await ann.leave()
    network.people.remove(ann)
    ann.body.insert(len(ann.text), "offline ")
    await ben.type("meanwhile ")
    await network.come_back(ann)
    await network.settle()
    assert sorted(ben.text.split()) == ["meanwhile", "offline", "online"]


async def test_rights_that_change_while_an_update_waits_are_asked_again_at_the_commit(network: Network) -> None:
    ben, ann = await network.join("ben"), await network.join("ann")
    await network.settle()
    await change_role(ben.user_id, "reader")  # nobody told the room
    await ben.type("too late")
    await ann.type("fine")
    await until(lambda: ben.closed is not None and ann.all_saved)
    assert ben.closed is not None
    assert ben.closed.code == 4503
    assert {entry.author_id for entry in await stored(network.document_id)} == {ann.user_id}
    assert ann.closed is None


async def test_what_waits_for_its_commit_is_not_vouched_for_by_a_room_that_learns_of_new_rights(
    network: Network,
) -> None:
    ben = await network.join("ben")
    await network.settle()
    room = network.hubs[0].rooms[network.document_id]
    await change_role(ben.user_id, "reader")
    assert intake.take(room, ben.session, encode_update(update(text("too late"))))
    room.access_version = 2  # it rechecks everybody before the writer has its turn
    await until(lambda: ben.closed is not None)
    assert await stored(network.document_id) == []


async def test_after_a_refused_edit_nothing_more_is_taken_until_its_author_has_come_back(network: Network) -> None:
    """An ack of what follows would vouch for what was refused, and what builds on it would wait for ever."""
    ben = await network.join("ben")
    await network.settle()
    room = network.hubs[0].rooms[network.document_id]
    refused = Write(ben.session, ben.session.received, update(text("one")))
    room.committed(Outcome(network.document_id, refused=frozenset([0])), [refused])  # and at once he may again
    assert intake.take(room, ben.session, encode_update(update(text("two"))))
    await until(lambda: ben.closed is not None)
    assert ben.closed is not None
    assert ben.closed.code == 4503
    assert await stored(network.document_id) == []


async def test_a_newcomer_checked_later_does_not_vouch_for_those_who_were_here(network: Network) -> None:
    ben = await network.join("ben")
    await network.settle()
    await change_role(ben.user_id, "reader")  # nobody told the room
    await network.join("ann", access_version=2)
    await ben.type("too late")
    await until(lambda: ben.closed is not None)
    assert await stored(network.document_id) == []


async def test_who_comes_while_rights_are_asked_is_not_taken_for_one_who_has_none(network: Network) -> None:
    ann = await network.join("ann")
    await network.settle()
    asking = asyncio.create_task(ann.room.recheck_rights())
    await asyncio.sleep(0)  # it has begun, for those who were here
    ben = await network.join("ben")
    await asking
    assert ben.closed is None
    await ben.type("welcome")
    await network.settle()


async def test_who_comes_while_rights_are_asked_is_asked_too(network: Network) -> None:
    ann = await network.join("ann")
    await network.settle()
    await change_role(network.users["ben"], "reader")  # nobody told the room
    asking = asyncio.create_task(ann.room.recheck_rights())
    await asyncio.sleep(0)
    ben = await network.join("ben")  # admitted by what was read before that
    await asking
    await until(lambda: ben.closed is not None)
    assert ben.closed is not None
    assert ben.closed.code == 4503


async def test_rights_that_could_not_be_asked_for_are_asked_for_again(
    network: Network, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The message that they changed came while the database was away, which is no fault of a room's."""
    look_often(monkeypatch)
    ben = await network.join("ben")
    await network.settle()
    standing, asked = rights.standing, asyncio.Event()
    loop = asyncio.get_running_loop()

    def away(*_: object) -> None:
        loop.call_soon_threadsafe(asked.set)
        raise OperationalError("the database is down")

    monkeypatch.setattr(rights, "standing", away)
    await change_role(ben.user_id, "reader")
    network.hubs[0]._heard(None, [b"r", b"", None, None])
    await asked.wait()
    assert ben.closed is None
    monkeypatch.setattr(rights, "standing", standing)
    await until(lambda: ben.closed is not None)
    assert ben.closed is not None
    assert ben.closed.code == 4503
    gc.collect()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_document_deleted_for_good_closes_as_not_found(network: Network) -> None:
    ann = await network.join("ann")
    await network.settle()
    await sync_to_async(lambda: (StoredUpdate.objects.all().delete(), Log.objects.all().delete()))()
    await ann.type("x")
    await until(lambda: ann.closed is not None)
    assert ann.closed is not None
    assert ann.closed.code == 4404


async def test_a_full_document_takes_no_more_edits_and_ends_for_nobody(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_module, "LIMITS", replace(settings.LIMITS, document_warn_bytes=300, document_bytes=600))
    ann, ben = await network.join("ann"), await network.join("ben", numbered=False)
    await network.settle()
    await ann.type("x" * 200)
    await network.settle()
    assert sizes(ann) == []
    await ann.type("y" * 200)
    await network.settle()
    assert sizes(ann) == ["large"]
    await ann.type("z" * 250)  # what fits in part is taken whole: else a document could never become full
    await network.settle()
    assert sizes(ann) == ["large", "full"]
    before = COUNTERS["refused_document_size"]
    await ann.type("too much")
    await ben.type("too much as well")
    await until(lambda: COUNTERS["refused_document_size"] == before + 2)
    assert (ann.closed, ben.closed) == (None, None)
    assert b"\x02\x00" in [frame[:2] for frame in ann.frames]
    assert len(await stored(network.document_id)) == 3
    cleo = await network.join("cleo")
    await until(lambda: sizes(cleo) == ["full"])
    await until(lambda: cleo.text == "x" * 200 + "y" * 200 + "z" * 250)


async def test_a_full_document_that_becomes_smaller_gets_what_was_refused(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        room_module, "LIMITS", replace(settings.LIMITS, document_warn_bytes=1_000, document_bytes=1_500)
    )
    ann = await network.join("ann")
    await network.settle()
    for _ in range(200):  # each a struct of its own, until compaction joins them
        await ann.type("x")
        await until(lambda: ann.all_saved or len(sizes(ann)) == 2)
    await until(lambda: sizes(ann) == ["large", "full"])
    written = len(text_of([entry.update for entry in await stored(network.document_id)]))
    await sync_to_async(compaction.compact)(network.document_id)
    ann.room.heard([b"l", b"another"])  # as the relay brings it
    await until(lambda: ann.closed is not None)
    assert ann.closed is not None
    assert ann.closed.code == 4503
    again = await network.come_back(ann)
    await until(lambda: again.all_saved)
    assert written < len(text_of([(await sync_to_async(document_log.state)(network.document_id))])) == 200


def sizes(person: Person) -> list[str]:
    notices = [json.loads(read_varbytes(frame, 1)[0]) for frame in person.frames if frame[0] == 6]
    return [notice["state"] for notice in notices if notice["kind"] == "size"]


async def test_a_malformed_update_ends_its_session_only(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    ann.say(b"\x00\x02" + varbytes(b"\x01\x01\xff\xff"))
    await until(lambda: ann.closed is not None)
    assert ann.closed is not None
    assert ann.closed.code == 4413
    await ben.type("unharmed")
    await until(lambda: ben.all_saved)


async def test_many_who_join_at_once_open_the_room_once(network: Network) -> None:
    opened = COUNTERS["rooms_opened"]
    people = await asyncio.gather(*(network.join("ann") for _ in range(50)))
    await people[0].type("all together")
    await until(lambda: all(person.text == "all together" for person in people))
    assert COUNTERS["rooms_opened"] == opened + 1


@pytest.mark.parametrize("fault", [OperationalError, InternalError], ids=["away", "read-only"])
async def test_while_the_database_is_down_edits_are_shared_but_not_called_saved(
    network: Network, monkeypatch: pytest.MonkeyPatch, fault: type[DatabaseError]
) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    repair = _break_commits(monkeypatch, fault)
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
    blocker = await sync_to_async(_lock_database)()
    await ann.type("unsaved")
    await until(lambda: ben.text == "unsaved", seconds=5)
    await ben.type("!")
    await until(lambda: ann.text == "unsaved!", seconds=5)
    assert network.hubs[0].rooms[network.document_id].unsaved_bytes > 0
    assert any(b'"unsaved"' in frame for frame in ben.frames)
    assert not ann.all_saved
    await sync_to_async(_unlock_database)(blocker)
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
    back = _break_commits(monkeypatch)
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


async def test_a_reader_who_falls_behind_is_brought_up_to_date_with_one_update(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    ben.reading.clear()
    block = "x" * 50_000
    for _ in range(30):
        await ann.type(block)
        await until(lambda: ann.all_saved)
    before = len(ben.frames)
    ben.reading.set()
    await until(lambda: ben.text == ann.text)
    assert len(ben.frames) - before < 30
    assert ben.closed is None


async def test_nothing_is_missing_that_was_dropped_while_it_waited_for_a_reader(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    object.__setattr__(settings.LIMITS, "outbox_bytes", 2_000)  # little, so that the log's tail still has every piece
    try:
        ben.reading.clear()
        for _ in range(30):
            await ann.type("y" * 200)
            await until(lambda: ann.all_saved)
        late = await network.join("cleo")
        late.reading.clear()
        for _ in range(30):
            await ann.type("z" * 200)
            await until(lambda: ann.all_saved)
        ben.reading.set()
        late.reading.set()
        await until(lambda: ben.text == late.text == ann.text)
    finally:
        object.__setattr__(settings.LIMITS, "outbox_bytes", 1_000_000)


async def test_a_writer_who_reads_too_slowly_still_gets_every_ack(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    object.__setattr__(settings.LIMITS, "outbox_bytes", 2_000)
    try:
        ben.reading.clear()
        for number in range(20):
            await ann.type("y" * 200)
            await ben.type(f"<{number}>")
            await until(lambda number=number: f"<{number}>" in ann.text)  # type: ignore[misc]
        assert not ben.all_saved
        ben.reading.set()
        await network.settle()
    finally:
        object.__setattr__(settings.LIMITS, "outbox_bytes", 1_000_000)


async def test_a_reader_who_never_reads_is_let_go_and_harms_nobody(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    cleo = await network.join("cleo")
    await network.settle()
    object.__setattr__(settings.LIMITS, "send_deadline_seconds", 0.2)
    try:
        ben.reading.clear()
        await ann.type("moving on")
        await until(lambda: ben.aborted)
    finally:
        object.__setattr__(settings.LIMITS, "send_deadline_seconds", 10.0)
    await until(lambda: cleo.text == "moving on")


async def test_a_cursor_tells_how_far_one_has_been_told(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await ann.type("one")
    await until(lambda: ann.all_saved)
    await ann.type("two")
    await until(lambda: ann.cursor == (1, 2) == ben.cursor)


def _lock_database() -> sqlite3.Connection:
    blocker = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    return blocker


def _unlock_database(blocker: sqlite3.Connection) -> None:
    blocker.execute("ROLLBACK")
    blocker.close()


def _break_commits(
    monkeypatch: pytest.MonkeyPatch, fault: type[DatabaseError] = OperationalError
) -> Callable[[], None]:
    """Until the returned function is called, every commit fails as it does without a database."""

    def down(*_: object) -> None:
        raise fault("the database is down")

    real = document_log.commit
    monkeypatch.setattr(document_log, "commit", down)
    monkeypatch.setattr(document_log.Quick, "commit", lambda *_: None)
    return lambda: monkeypatch.setattr(document_log, "commit", real)


# --- who is here ---


def states(person: Person) -> dict[int, dict[str, Any] | None]:
    """What the person's browser knows of everybody's awareness."""
    known: dict[int, dict[str, Any] | None] = {}
    for frame in person.frames:
        if frame[0] == 1:
            for client_id, _, state in guard.scan_awareness(read_varbytes(frame, 1)[0]):
                known[client_id] = None if state is None else json.loads(state)
    return known


async def test_a_caret_bears_the_name_of_who_is_signed_in(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    ann.move(1001, 1, b'{"user":{"name":"The King","color":"#000000"},"cursor":{"anchor":3}}')
    await until(lambda: 1001 in states(ben))
    state = states(ben)[1001]
    assert state is not None
    assert state["user"] == {"id": ann.user_id, "name": "ann", "color": "#336699"}
    assert state["cursor"] == {"anchor": 3}


async def test_nobody_moves_another_s_caret(network: Network) -> None:
    ann, ben, cleo = await network.join("ann"), await network.join("ben"), await network.join("cleo")
    ann.move(1001, 1, b'{"cursor":1}')
    await until(lambda: 1001 in states(ben))
    ben.move(1001, 9, b'{"cursor":666}')
    ben.move(1001, 10, b"null")
    ben.move(2002, 1, b'{"cursor":2}')
    await until(lambda: 2002 in states(cleo))
    state = states(cleo)[1001]
    assert state is not None
    assert state["cursor"] == 1


async def test_who_leaves_is_gone_at_once_on_every_process(open_network: Opening) -> None:
    network = await open_network(processes=2)
    ann, ben = await network.join("ann", process=0), await network.join("ben", process=1)
    ann.move(1001, 1, b'{"cursor":1}')
    await until(lambda: states(ben).get(1001) is not None)
    await ann.leave()
    network.people.remove(ann)
    await until(lambda: states(ben)[1001] is None)


async def test_a_process_that_opens_the_document_learns_who_is_here(open_network: Opening) -> None:
    network = await open_network(processes=2)
    ann = await network.join("ann", process=0)
    ann.move(1001, 1, b'{"cursor":1}')
    await network.settle()
    ben = await network.join("ben", process=1)
    await until(lambda: states(ben).get(1001) is not None)


async def test_a_storm_of_carets_is_joined_into_few_frames(network: Network) -> None:
    people = [await network.join("ann") for _ in range(10)]
    for clock in range(1, 21):
        for number, person in enumerate(people):
            person.move(3000 + number, clock, b'{"cursor":%d}' % clock)
    await until(lambda: all(len(states(p)) >= 9 for p in people))
    await until(lambda: all(s is None or s["cursor"] == 20 for c, s in states(people[0]).items() if c != 3000))
    received = sum(frame[0] == 1 for person in people for frame in person.frames)
    assert received < 10 * 20  # a raw relay would have sent 10 × 9 × 20
