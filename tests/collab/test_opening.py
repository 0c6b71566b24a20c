"""When a document opens and closes in a process, and how the process finds out what nobody told it."""

import asyncio
import gc
import threading
import weakref
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async

from collab import hub as hub_module
from collab.metrics import COUNTERS
from documents import log as document_log
from documents.models import Log
from documents.models import Update as StoredUpdate
from tests.collab.network import Network, Opening, look_often, until


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


async def test_a_late_joiner_on_another_process_sees_what_the_relay_lost(open_network: Opening) -> None:
    network = await open_network(processes=2)
    ann = await network.join("ann", process=0)
    ben = await network.join("ben", process=1)
    network.wire.lose_next = 1
    await ann.type("hello")
    await until(lambda: ann.all_saved)
    cleo = await network.join("cleo", process=1)
    await until(lambda: cleo.text == "hello" == ben.text)


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


async def test_a_document_deleted_for_good_closes_as_not_found(network: Network) -> None:
    ann = await network.join("ann")
    await network.settle()
    await sync_to_async(lambda: (StoredUpdate.objects.all().delete(), Log.objects.all().delete()))()
    await ann.type("x")
    await until(lambda: ann.closed is not None)
    assert ann.closed is not None
    assert ann.closed.code == 4404


async def test_many_who_join_at_once_open_the_room_once(network: Network) -> None:
    opened = COUNTERS["rooms_opened"]
    people = await asyncio.gather(*(network.join("ann") for _ in range(50)))
    await people[0].type("all together")
    await until(lambda: all(person.text == "all together" for person in people))
    assert COUNTERS["rooms_opened"] == opened + 1
