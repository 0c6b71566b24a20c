"""What event streams, polls and pushes must hold beside real processes that are killed, restarted and signed out of."""

import asyncio
import json
import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.acceptance.client import until
from tests.acceptance.http_clients import Connection, HttpClient, PollClient, StreamClient
from tests.acceptance.installation import Installation
from tests.acceptance.test_beyond_sockets import call, sign_in

without_sockets = pytest.mark.parametrize("kind", ["sse", "poll"])


async def spread(weft: Installation, document: str, kind: str) -> tuple[Any, Any]:
    """Two clients that are heard on different processes."""
    first: Any = await weft.client("ann", document, kind).opened()
    await until(lambda: first._hearing)
    for seed in range(60):
        second: Any = await weft.client("ben", document, "sse", seed=seed).opened()
        await until(lambda second=second: second._hearing)  # type: ignore[misc]
        if weft.process_of(first) != weft.process_of(second):
            return first, second
        await second.stop()
    raise AssertionError("all connections went to one process")


@pytest.mark.timeout(120)
@without_sockets
async def test_a_killed_web_process_costs_a_moment_and_no_sync(fresh: Installation, kind: str) -> None:
    document = fresh.document()
    ann, ben = await spread(fresh, document, kind)
    await ann.type("before ")
    await until(lambda: ben.text == "before ")
    serving: set[int] = set()

    def is_served() -> bool:
        if process := fresh.process_of(ann):  # none for the moment in which a poll has just ended
            serving.add(process)
        return bool(serving)

    await until(is_served)
    next(process for process in fresh.processes("web") if process.pid in serving).send_signal(signal.SIGKILL)
    await ann.type("meanwhile ")
    await ben.type("too ")
    await until(lambda: ann.all_saved and ben.all_saved and ann.text == ben.text, 60)
    assert all(ann.text.count(word) == 1 for word in ("before", "meanwhile", "too"))
    if kind == "sse":
        assert ann.syncs == 1, "it resumed from its cursor"
    assert fresh.stored(document).text == ann.text
    await asyncio.gather(ann.stop(), ben.stop())


@pytest.mark.timeout(120)
async def test_a_restart_ends_streams_and_polls_with_a_reason_and_they_come_back(fresh: Installation) -> None:
    document = fresh.document()
    clients = [await fresh.client("ann", document, kind, seed=n).opened() for n, kind in enumerate(["sse", "poll"] * 3)]
    await clients[0].type("before ")
    await until(lambda: all(client.text == "before " for client in clients))
    # A poll that got its answer at that very moment just asks the next process.
    streams = {client: client.connections for client in clients if isinstance(client, StreamClient)}
    for web in fresh.processes("web"):
        web.send_signal(signal.SIGTERM)
    await clients[1].type("meanwhile ")
    await until(lambda: all(client.connections > before for client, before in streams.items()), 40)
    assert all(1012 in client.codes for client in streams)
    await until(lambda: clients[1].all_saved and len({client.text for client in clients}) == 1, 40)
    assert all(client.closed is None for client in clients)
    assert "meanwhile" in fresh.stored(document).text
    await asyncio.gather(*(client.stop() for client in clients))


@without_sockets
async def test_a_cursor_of_another_history_costs_one_sync_and_doubles_nothing(weft: Installation, kind: str) -> None:
    document = weft.document()
    ann: Any = await weft.client("ann", document, kind).opened()
    ben = await weft.client("ben", document).opened()
    await ann.type("warp ")
    await until(lambda: ann.all_saved and ben.text == "warp ")
    ann._cursor = "7.0"
    ann._hearing.close()
    await ann.type("and weft")
    await until(lambda: ann.syncs == 2 and ann.all_saved and ben.text == ann.text)
    assert ann.text == weft.stored(document).text == "warp and weft"
    assert ann.closed is None
    await asyncio.gather(ann.stop(), ben.stop())


@without_sockets
async def test_an_edit_is_there_at_once_and_not_when_a_timer_ends(weft: Installation, kind: str) -> None:
    ann, ben = await spread(weft, weft.document(), kind)
    waits = []
    for number in range(20):
        started = time.monotonic()
        await ben.type(f"{number} ")
        await until(lambda number=number: ann.text.endswith(f"{number} "))  # type: ignore[misc]
        waits.append(time.monotonic() - started)
    assert sorted(waits)[10] < 0.3, sorted(waits)
    await asyncio.gather(ann.stop(), ben.stop())


async def test_a_stream_that_ends_takes_its_caret_along_within_a_second(weft: Installation) -> None:
    document = weft.document()
    ann, ben = await spread(weft, document, "sse")
    socket = await weft.client("rea", document).opened()
    await ann.move(ann.client_id, 1, {"at": 1})
    await until(lambda: ben.states.get(ann.client_id) and socket.states.get(ann.client_id))
    await ann.stop()
    left = time.monotonic()
    await until(lambda: ben.states[ann.client_id] is None and socket.states[ann.client_id] is None, 5)
    assert time.monotonic() - left < 1.0
    await asyncio.gather(ben.stop(), socket.stop())


async def test_a_push_whose_answer_never_arrived_is_stored_once(weft: Installation) -> None:
    document = weft.document()
    ann = StreamClient(weft.weft.url, document, weft.people["ann"]["token"])
    ann.body.insert(0, "once")
    update = ann.doc.get_update()
    for _ in range(3):
        connection = await Connection.open(ann)
        head = [f"POST /sync/{document}/push HTTP/1.1", f"Content-Length: {len(update)}", "Idempotency-Key: k"]
        head += [f"{name}: {value}" for name, value in connection.headers.items()]
        connection.writer.write("\r\n".join([*head, "", ""]).encode() + update)
        await connection.writer.drain()
        connection.close()
    assert (await ann.post("/push", update, Idempotency_Key="k")).status == 200
    stored = weft.stored(document)
    assert stored.text == "once"


@without_sockets
async def test_signing_out_ends_what_that_sign_in_opened_and_nothing_else(weft: Installation, kind: str) -> None:
    document = weft.document()
    _, first = await asyncio.to_thread(sign_in, weft, "ann@example.com")
    browser, second = await asyncio.to_thread(sign_in, weft, "ann@example.com")
    make: type[HttpClient] = StreamClient if kind == "sse" else PollClient
    staying = await make(weft.weft.url, document, headers=first).opened()
    leaving = await make(weft.weft.url, document, headers=second).opened()

    def sign_out() -> None:
        url = f"{weft.weft.url}/accounts/logout/"
        page = browser.open(url, timeout=30).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1]}).encode()
        browser.open(urllib.request.Request(url, form, {"Referer": url}), timeout=30)

    await asyncio.to_thread(sign_out)
    await until(lambda: leaving.closed is not None, 5)
    assert leaving.closed == (4401, "signed out")
    assert staying.closed is None
    await staying.type("still here")
    await until(lambda: staying.all_saved)
    await staying.stop()


def answered(weft: Installation, method: str, path: str, headers: dict[str, str]) -> int:
    request = urllib.request.Request(weft.weft.url + path, b"" if method == "POST" else None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


async def test_a_cookie_counts_only_for_pages_of_our_own(weft: Installation) -> None:
    document = weft.document()
    _, headers = await asyncio.to_thread(sign_in, weft, "ann@example.com")
    cookie = {"Cookie": headers["Cookie"]}
    evil = {"Origin": "https://evil.example"}
    poll = f"/sync/{document}/poll?cursor=1.0&wait=0"

    def ask(method: str, path: str, more: dict[str, str]) -> int:
        return answered(weft, method, path, {**cookie, **more})

    for method, path, good in (("GET", poll, 204), ("POST", f"/sync/{document}", 200), ("GET", "/events/poll", 200)):
        assert await asyncio.to_thread(ask, method, path, {"Origin": weft.weft.url}) == good
        assert await asyncio.to_thread(ask, method, path, evil) == 401
    # A browser says no Origin with a GET, but where it comes from.
    for site, status in (("same-origin", 204), ("none", 204), ("same-site", 401), ("cross-site", 401)):
        assert await asyncio.to_thread(ask, "GET", poll, {"Sec-Fetch-Site": site}) == status


async def test_the_user_s_events_reach_streams_and_polls_on_every_process(weft: Installation) -> None:
    document = weft.document()
    listening = [StreamClient(weft.weft.url, document, weft.people["ben"]["token"]) for _ in range(4)]
    connections = [await Connection.open(client) for client in listening]
    heard: list[list[dict[str, Any]]] = [[] for _ in connections]

    async def listen(connection: Connection, into: list[dict[str, Any]]) -> None:
        assert (await connection.ask("GET", "/events")).status == 200
        async for event in connection.events():
            into.append(json.loads(event["data"]))

    listening_tasks = [
        asyncio.create_task(listen(connection, into)) for connection, into in zip(connections, heard, strict=True)
    ]
    await until(lambda: all(events for events in heard))
    assert all(events[0] == {"kind": "hello"} for events in heard)
    polling = await Connection.open(listening[0])
    cursor = (await polling.whole("GET", "/events/poll")).json()["cursor"]
    started = time.monotonic()
    waiting = asyncio.create_task(polling.whole("GET", f"/events/poll?cursor={cursor}"))
    await asyncio.to_thread(call, weft, "ann", "PATCH", f"/documents/{document}", {"title": "Told"})
    await until(lambda: all(any(e.get("change") == "renamed" for e in events) for events in heard), 5)
    assert any(event.get("change") == "renamed" for event in (await waiting).json()["events"])
    assert time.monotonic() - started < 3
    for task in listening_tasks:
        task.cancel()
    await asyncio.gather(*listening_tasks, return_exceptions=True)
    for connection in [*connections, polling]:
        connection.close()
