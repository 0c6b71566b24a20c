"""Who may write, when that changes while they do."""

import asyncio
import gc

import pytest
from django.db import OperationalError

from collab import intake, rights
from collab.protocol.messages import encode_update
from collab.writer import Write
from documents.log import Outcome
from tests.collab.database import change_role, stored
from tests.collab.network import Network, look_often, until
from tests.collab.protocol.samples import text, update


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
