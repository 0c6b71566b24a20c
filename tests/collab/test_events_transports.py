"""A person's own events by stream and by poll, on whichever process they arrive."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import OperationalError

from collab import routing, signed_in
from documents.models import AccessToken, Membership, Workspace
from presence.events import end_sessions, tell, user_group, workspace_group
from tests.collab.http import Exchange, Http, OpenHttp
from tests.collab.network import until


@pytest_asyncio.fixture
async def http(open_http: OpenHttp) -> AsyncIterator[Http]:
    http = await open_http(processes=2)
    await http.follow_events()
    yield http


def heard(stream: Exchange) -> list[str]:
    """The kinds of what a stream said, but for pings."""
    kinds = [json.loads(data)["kind"] for name, data, _ in stream.events if name == "message"]
    return [kind for kind in kinds if kind != "ping"]


async def poll(http: Http, who: str, cursor: str = "", wait: int = 20, process: int = 0) -> tuple[str, list[str]]:
    path = f"/events/poll?wait={wait}" + (f"&cursor={cursor}" if cursor else "")
    answer = await http.ask(who, "GET", path, process=process)
    if answer.status == 204:
        return cursor, []
    said: dict[str, Any] = answer.json()
    return said["cursor"], [event["kind"] for event in said["events"]]


async def test_a_stream_says_hello_and_then_what_concerns_its_person(http: Http) -> None:
    ann, ben = await http.stream("ann", "/events"), await http.stream("ben", "/events", process=1)
    workspace = await sync_to_async(Workspace.objects.get)()
    await until(lambda: heard(ann) == heard(ben) == ["hello"])
    await tell([user_group(http.network.users["ann"])], {"kind": "favourites"})
    await tell([workspace_group(workspace.pk)], {"kind": "documents"})
    await until(lambda: heard(ann) == ["hello", "favourites", "documents"])
    await until(lambda: heard(ben) == ["hello", "documents"])
    assert all(id for _, _, id in ann.events)


async def test_a_stream_goes_on_from_its_last_event_on_another_process(http: Http) -> None:
    group = user_group(http.network.users["ann"])
    stream = await http.stream("ann", "/events")
    await until(lambda: heard(stream) == ["hello"])
    await tell([group], {"kind": "one"})
    await until(lambda: heard(stream) == ["hello", "one"])
    stream.hang_up()
    await stream.running
    await tell([group], {"kind": "two"})
    resumed = await http.stream("ann", "/events", process=1, last_event_id=stream.events[-1][2])
    await tell([group], {"kind": "three"})
    await until(lambda: heard(resumed) == ["two", "three"])


async def test_polls_on_two_processes_miss_nothing_and_say_nothing_twice(http: Http) -> None:
    group = user_group(http.network.users["ann"])
    cursor, kinds = await poll(http, "ann")
    assert kinds == ["hello"]
    said: list[str] = []
    for number in range(6):
        waiting = asyncio.create_task(poll(http, "ann", cursor, process=number % 2))
        await tell([group], {"kind": f"event {number}"})
        cursor, kinds = await waiting
        said += kinds
    assert said == [f"event {number}" for number in range(6)]
    assert await poll(http, "ann", cursor, wait=0) == (cursor, [])


async def test_what_concerns_others_only_moves_the_cursor(http: Http) -> None:
    cursor, _ = await poll(http, "ann")
    await tell([user_group(http.network.users["ben"])], {"kind": "secret"})
    ben = await http.stream("ben", "/events", last_event_id=cursor)
    await until(lambda: heard(ben) == ["secret"])
    moved, kinds = await poll(http, "ann", cursor, wait=0)
    assert kinds == []
    assert moved != cursor


async def test_who_joins_a_workspace_hears_of_it_from_then_on(http: Http) -> None:
    stream = await http.stream("ann", "/events")
    await until(lambda: heard(stream) == ["hello"])
    workspace = await sync_to_async(Workspace.objects.create)(name="Dyers")
    await tell([workspace_group(workspace.pk)], {"kind": "before"})
    user_id = http.network.users["ann"]
    await sync_to_async(Membership.objects.create)(workspace=workspace, user_id=user_id, role="reader")
    await tell([user_group(user_id), workspace_group(workspace.pk)], {"kind": "memberships"})
    await tell([workspace_group(workspace.pk)], {"kind": "after"})
    await until(lambda: heard(stream)[-1] == "after")
    assert "memberships" in heard(stream)


async def test_the_end_of_a_sign_in_ends_its_streams_and_polls(http: Http) -> None:
    user_id = http.network.users["ann"]
    stream = await http.stream("ann", "/events", process=1)
    cursor, _ = await poll(http, "ann")
    held = http.begin("ann", "GET", f"/events/poll?cursor={cursor}")
    other = await http.stream("reading", "/events")
    await asyncio.sleep(0.1)
    token = await sync_to_async(AccessToken.objects.get)(user_id=user_id, scope="write")
    await sync_to_async(AccessToken.objects.filter(pk=token.pk).delete)()
    await end_sessions(user_id, [f"token:{token.pk}"])
    assert await stream.event("close") == {"code": 4401, "reason": "signed out"}
    assert (await held.answer()).code == "signed_out"
    assert (await http.ask("ann", "GET", f"/events/poll?cursor={cursor}")).code == "signed_out"
    assert not other.complete.is_set()


async def test_strangers_and_nonsense_are_refused(http: Http) -> None:
    assert (await http.ask("", "GET", "/events")).code == "signed_out"
    assert (await http.ask("ann", "GET", "/events/poll?cursor=yesterday")).code == "malformed"
    assert (await http.ask("ann", "POST", "/events")).status == 405
    assert (await poll(http, "ann", "1-0"))[1] == ["hello"], "too old"


async def test_a_draining_process_sends_listeners_away(http: Http) -> None:
    stream = await http.stream("ann", "/events")
    cursor, _ = await poll(http, "ben")
    held = http.begin("ben", "GET", f"/events/poll?cursor={cursor}")
    await asyncio.sleep(0.1)
    await http.network.hubs[0].drain(0.0)
    http.apps[0].drain()
    assert (await stream.event("close"))["code"] == 1012
    assert (await held.answer()).code == "restarting"


async def test_one_person_has_only_so_many_listeners(http: Http) -> None:
    most = 4 * settings.LIMITS.sockets_per_user_document
    for _ in range(most):
        await http.stream("ann", "/events")
    assert (await http.ask("ann", "GET", "/events")).code == "overloaded"
    assert (await poll(http, "ben"))[1] == ["hello"]


async def test_who_opens_a_socket_while_nobody_can_say_who_that_is_is_told_to_come_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(scope: object) -> None:
        raise OperationalError

    monkeypatch.setattr(signed_in, "identify", away)
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    for kind in ("connect", "disconnect"):
        inbox.put_nowait({"type": f"websocket.{kind}"})
    said: list[dict[str, Any]] = []

    async def send(event: dict[str, Any]) -> None:
        said.append(event)

    await routing.events({"type": "websocket"}, inbox.get, send)
    assert [event["type"] for event in said] == ["websocket.accept", "websocket.close"]
    assert said[-1]["code"] == 1013
