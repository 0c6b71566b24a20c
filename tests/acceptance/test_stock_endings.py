"""How it ends for unmodified y-websocket clients: read-only, removed, deleted, restarted. Each story is told to all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.acceptance.installation import Installation
from tests.acceptance.test_beyond_sockets import call
from tests.acceptance.test_stock_clients import VERSIONS, Stock, start_stock

STOPS = VERSIONS.index("y-websocket-3")
"""The only one that takes 4400–4499 as final. The others knock again and again."""


@pytest_asyncio.fixture
async def all_of(fresh: Installation) -> AsyncIterator[Any]:
    """all_of("ann", document) starts one of each version, synced."""
    started: list[Stock] = []

    async def start(name: str, document: str) -> list[Stock]:
        clients = [await start_stock(fresh, version, name, document) for version in VERSIONS]
        started.extend(clients)
        await each(clients, "synced")
        return clients

    yield start
    for client in started:
        await client.stop()


async def each(clients: list[Stock], verb: str, **details: Any) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(client.do(verb, **details) for client in clients)))


async def test_readers_go_on_reading_and_what_they_write_is_nowhere(fresh: Installation, all_of: Any) -> None:
    document = fresh.document()
    ann = await fresh.client("ann", document).opened()
    readers = await all_of("rea", document)
    await each(readers, "type", text="graffiti ")
    await ann.type("kept")
    for answer in await each(readers, "contain", text="kept"):
        assert answer["wsconnected"]
        assert answer["closes"] == []
    assert fresh.stored(document).text == ann.text == "kept"
    await ann.stop()


async def test_who_is_removed_sees_nothing_more_however_often_it_knocks(fresh: Installation, all_of: Any) -> None:
    document = fresh.document()
    member = f"/documents/{document}/members/eve@example.com"
    await asyncio.to_thread(call, fresh, "ann", "PUT", member, {"role": "editor"})
    ann = await fresh.client("ann", document).opened()
    eves = await all_of("eve", document)
    await asyncio.to_thread(call, fresh, "ann", "DELETE", member)
    await each(eves, "closed", code=4403)
    await ann.type("not for eve")
    knocking = [eve for number, eve in enumerate(eves) if number != STOPS]
    began = asyncio.get_running_loop().time()
    await each(knocking, "opens", more=2)
    assert asyncio.get_running_loop().time() - began > 1.5, "they are kept at the door"
    await each(knocking, "closed", code=4404)
    for number, answer in enumerate(await each(eves, "state")):
        assert answer["text"] == ""
        assert number != STOPS or (answer["opened"], answer["wsconnected"]) == (1, False)
    await ann.stop()


async def test_a_document_that_is_deleted_ends_as_not_found(fresh: Installation, all_of: Any) -> None:
    document = fresh.document()
    bens = await all_of("ben", document)
    await asyncio.to_thread(
        fresh.shell,
        "from documents import actions; from documents.models import Document;"
        f"d = actions.trash_document(by=None, document=Document.objects.get(pk='{document}'));"
        "actions.purge_document(by=None, document=d)",
    )
    answers = await each(bens, "closed", code=4404)
    assert not answers[STOPS]["wsconnected"]


async def test_rights_that_are_raised_are_theirs_after_one_reconnect(fresh: Installation, all_of: Any) -> None:
    document = fresh.document()
    member = f"/documents/{document}/members/eve@example.com"
    await asyncio.to_thread(call, fresh, "ann", "PUT", member, {"role": "reader"})
    eves = await all_of("eve", document)
    await each(eves, "type", text="refused at first ")
    await asyncio.to_thread(call, fresh, "ann", "PUT", member, {"role": "editor"})
    await each(eves, "expect", text="refused at first " * len(VERSIONS))
    for answer in await each(eves, "state"):
        assert answer["closes"] == [4503]
    assert fresh.stored(document).text == "refused at first " * len(VERSIONS)


async def test_a_restart_and_a_kill_are_followed_by_a_new_connection_with_nothing_lost(
    fresh: Installation, all_of: Any
) -> None:
    document = fresh.document()
    anns = await all_of("ann", document)
    for end in ("terminate", "kill"):
        for process in fresh.processes("web"):
            getattr(process, end)()
        await each(anns, "type", text=f"{end} ")
        await each(anns, "contain", text=f"{end} {end} {end} {end} ")
    for answer in await each(anns, "state"):
        assert 1012 in answer["closes"]
    assert sorted(fresh.stored(document).text.split()) == ["kill"] * 4 + ["terminate"] * 4
