"""Each fault that can be brought about moves its number: real faults, in two real web processes, seen by one scrape."""

import asyncio
import contextlib
import http.client
import shutil
import socket
import sqlite3
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgpack
import psutil
import pytest
from redis import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from collab.protocol.lib0 import varbytes
from collab.relay import channel
from tests.acceptance.client import Client, SocketClient, until
from tests.acceptance.installation import Installation, running
from tests.acceptance.lossy_redis import LossyRedis
from tests.collab.protocol.samples import text, update
from tests.watching.scraping import Numbers, scrape

FRAME = 1_000_000
SETTINGS = {
    "WEB_WORKERS": "2",
    "LIMIT_UPDATES_PER_SECOND": "100",
    "LIMIT_UPDATES_BURST": "150",
    "LIMIT_BYTES_PER_SECOND": "100_000_000",
    "LIMIT_BYTES_BURST": "100_000_000",
    "LIMIT_DOCUMENT_BYTES": "15_000_000",
    "LIMIT_UNSAVED_BYTES": "600_000",
    "LIMIT_OUTBOX_BYTES": "200_000",
    "LIMIT_SEND_DEADLINE_SECONDS": "3",
    "LIMIT_HANDSHAKE_SECONDS": "3",
    "LIMIT_SOCKETS_PER_USER_DOCUMENT": "3",
}


@dataclass
class World:
    weft: Installation
    redis: LossyRedis

    @property
    def url(self) -> str:
        return self.weft.weft.url

    @asynccontextmanager
    async def open(self, *names: str, document: str = "", kind: str = "weft.1") -> AsyncIterator[list[Any]]:
        document = document or self.weft.document()
        clients = [self.weft.client(name, document, kind, seed=number) for number, name in enumerate(names)]
        try:
            for client in clients:
                await client.opened()
            yield clients
        finally:
            await asyncio.gather(*(client.stop() for client in clients))

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[tuple[Client, Client]]:
        """Ann and Ben in one document, on different processes."""
        document = self.weft.document()
        async with self.open("ann", document=document) as [ann]:
            for _ in range(60):
                async with self.open("ben", document=document) as [ben]:
                    if self.weft.process_of(ann) != self.weft.process_of(ben):
                        yield ann, ben
                        return
        raise AssertionError("all connections went to one process")

    def sql(self, statement: str, *values: Any) -> None:
        """A change behind everybody's back."""
        with contextlib.closing(sqlite3.connect(self.weft.weft.home / "weft.sqlite3", timeout=20)) as database:
            database.execute(statement, values)
            database.commit()

    async def post(self, name: str, path: str, body: bytes) -> int:
        def ask() -> int:
            headers = {"Authorization": f"Bearer {self.weft.people[name]['token']}"}
            try:
                with urllib.request.urlopen(
                    urllib.request.Request(f"{self.url}{path}", body, headers), timeout=30
                ) as a:
                    return int(a.status)
            except urllib.error.HTTPError as error:
                return error.code

        return await asyncio.to_thread(ask)

    async def numbers(self) -> Numbers:
        return await asyncio.to_thread(scrape, self.url)

    async def until_moved(self, *names: str, since: Numbers, seconds: float = 45) -> None:
        async with asyncio.timeout(seconds):
            while True:
                now = await self.numbers()
                still = [name for name in names if now[name] <= since[name]]
                if not still:
                    return
                await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    redis = LossyRedis(home)
    with running(home, "sqlite", documents=40, REDIS_URL=redis.url, **SETTINGS) as weft:
        yield World(weft, redis)
    redis.close()
    shutil.rmtree(home, ignore_errors=True)


Fault = Callable[[World], Awaitable[None]]
FAULTS: list[tuple[Fault, tuple[str, ...]]] = []


def moves(*names: str) -> Callable[[Fault], Fault]:
    def listed(fault: Fault) -> Fault:
        FAULTS.append((fault, tuple(f"weft_{name}" for name in names)))
        return fault

    return listed


def refused(reason: str) -> str:
    return f'refused_total{{reason="{reason}"}}'


def closed(code: int) -> str:
    return f'closed_total{{code="{code}"}}'


# --- what clients do ---


@moves("malformed_total", closed(4413))
async def a_frame_that_makes_no_sense(world: World) -> None:
    async with world.open("ann") as [ann]:
        await ann.send(b"\x00\x02\x05\xff\xff\xff\xff\xff")
        await until(lambda: ann.closed)


@moves("malformed_total", 'http_failures_total{word="malformed"}')
async def a_pushed_update_that_makes_no_sense(world: World) -> None:
    assert await world.post("ann", f"/sync/{world.weft.document()}/push", b"\xff\xff\xff") == 400


@moves(refused("read_only"))
async def an_edit_by_a_reader(world: World) -> None:
    async with world.open("rea") as [rea]:
        await rea.type("I may not")
        await world.numbers()


@moves(refused("frame_size"))
async def a_frame_over_the_limit(world: World) -> None:
    async with world.open("ann") as [ann]:
        await ann.type("x" * (FRAME + 10_000))
        await until(lambda: ann.closed)


@moves(refused("update_size"), closed(4413))
async def an_update_just_over_the_limit(world: World) -> None:
    async with world.open("ann") as [ann]:
        await ann.send(b"\x00\x02" + varbytes(b"\x00" * (FRAME + 20)))
        await until(lambda: ann.closed)


@moves(refused("too_large"), 'http_failures_total{word="too_large"}')
async def a_body_over_the_limit(world: World) -> None:
    assert await world.post("ann", f"/sync/{world.weft.document()}/push", b"\x00" * (FRAME + 1)) == 413


@moves(refused("slow_body"))
async def a_body_that_never_ends(world: World) -> None:
    def dawdle() -> int:
        connection = http.client.HTTPConnection(world.url.removeprefix("http://"), timeout=20)
        connection.putrequest("POST", f"/sync/{world.weft.document()}/push")
        connection.putheader("Authorization", f"Bearer {world.weft.people['ann']['token']}")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"only this")
        status = connection.getresponse().status
        connection.close()
        return status

    assert await asyncio.to_thread(dawdle) == 408


@moves(refused("document_size"))
async def a_document_that_grows_without_end(world: World) -> None:
    async with world.open("ann") as [ann]:
        for number in range(35):
            await ann.type("x" * 500_000)
            await until(lambda number=number: len(ann.saved) > number)  # type: ignore[misc]
            if any(notice.get("state") == "full" for notice in ann.notices):
                await ann.type("one more")
                return


@moves("throttled_total")
async def more_edits_than_a_person_types(world: World) -> None:
    async with world.open("ann") as [ann]:
        for _ in range(300):
            await ann.type("x")
        await until(lambda: ann.all_saved)


@moves(refused("crowd"), refused("1013"))
async def one_person_s_fourth_connection(world: World) -> None:
    """Each process counts its own."""
    document = world.weft.document()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(12):
            client = world.weft.client("ann", document)
            await client.start()
            stack.push_async_callback(client.stop)
            await until(lambda client=client: client.synced.is_set() or client.codes)  # type: ignore[misc]
            if 1013 in client.codes:
                return


@moves(refused("4401"))
async def a_connection_without_a_valid_token(world: World) -> None:
    nobody = SocketClient(world.url, world.weft.document(), "weft_nothing")
    await nobody.opened()
    await nobody.stop()


@moves(refused("4404"))
async def a_connection_by_a_stranger(world: World) -> None:
    async with world.open("eve") as [eve]:
        assert eve.closed


@moves(refused("awareness"))
async def a_crowd_of_carets_from_one_person(world: World) -> None:
    async with world.open("ann") as [ann]:
        for number in range(40):
            await ann.move(1000 + number, 1, {"cursor": number})


# --- readers that don't keep up ---


@asynccontextmanager
async def not_reading(world: World, document: str) -> AsyncIterator[ClientConnection]:
    """A client with next to no buffers, that takes nothing from its socket until it is asked to."""
    parts = urllib.parse.urlsplit(world.url)
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect((parts.hostname, parts.port))
    async with connect(
        f"ws://{parts.netloc}/ws/y/{document}",
        sock=narrow,
        additional_headers={"Authorization": f"Bearer {world.weft.people['ben']['token']}"},
        subprotocols=["weft.1"],  # type: ignore[list-item]
        max_size=None,
        max_queue=1,
        ping_interval=None,
        close_timeout=1,
    ) as reader:
        yield reader


@moves("outbox_overflows_total", "caught_up_slow_reader_total")
async def a_reader_that_reads_late(world: World) -> None:
    document = world.weft.document()
    async with world.open("ann", document=document) as [ann], not_reading(world, document) as reader:
        before = await world.numbers()
        for _ in range(24):
            await ann.type("x" * 500_000)
        await world.until_moved("weft_outbox_overflows_total", since=before)

        async def read() -> None:
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await reader.recv()

        reading = asyncio.create_task(read())
        await world.until_moved("weft_caught_up_slow_reader_total", since=before)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


@moves("outbox_stuck_total")
async def a_reader_that_never_reads(world: World) -> None:
    document = world.weft.document()
    async with world.open("ann", document=document) as [ann], not_reading(world, document):
        before = await world.numbers()
        for _ in range(24):
            await ann.type("x" * 500_000)
        await world.until_moved("weft_outbox_stuck_total", since=before)


# --- rights ---


@moves(closed(4404), closed(4503))
async def a_document_that_is_trashed(world: World) -> None:
    document = world.weft.document()
    async with world.open("ann", "rea", document=document) as [ann, rea]:

        def trash() -> None:
            headers = {"Authorization": f"Bearer {world.weft.people['ann']['token']}"}
            url = f"{world.url}/api/v1/documents/{document}"
            urllib.request.urlopen(urllib.request.Request(url, headers=headers, method="DELETE"), timeout=30).close()

        await asyncio.to_thread(trash)
        await until(lambda: rea.closed and 4503 in ann.codes)


@moves("rights_found_changed_total")
async def a_change_of_rights_that_nobody_announced(world: World) -> None:
    document = world.weft.document()
    async with world.open("ann", document=document) as [ann]:
        await ann.type("x")
        world.sql(
            "UPDATE documents_log SET access_version = access_version + 1 WHERE document_id = ?", UUID(document).hex
        )
        before = await world.numbers()
        await world.until_moved("weft_rights_found_changed_total", since=before)


@moves(refused("at_commit"))
async def an_edit_that_comes_with_such_a_change(world: World) -> None:
    role = "UPDATE documents_membership SET role = ? WHERE user_id = ?"
    ben_id = world.weft.people["ben"]["id"]
    before = await world.numbers()
    for _ in range(5):  # the process may look at the rights in between
        document = world.weft.document()
        async with world.open("ben", document=document) as [ben]:
            world.sql(role, "reader", ben_id)
            world.sql(
                "UPDATE documents_log SET access_version = access_version + 1 WHERE document_id = ?", UUID(document).hex
            )
            await ben.type("x")
            await until(lambda: ben.codes)
            world.sql(role, "editor", ben_id)
        name = f"weft_{refused('at_commit')}"
        if (await world.numbers())[name] > before[name]:
            return


# --- between processes ---


@moves("gaps_total", "catch_ups_total")
async def a_message_that_redis_loses(world: World) -> None:
    before = await world.numbers()
    for _ in range(10):  # the look at the heads may be faster than the gap
        async with world.apart() as (ann, ben):
            await ann.move(700, 1, {"cursor": 1})
            await until(lambda: ben.states.get(700))
            lost = world.redis.lost
            world.redis.lose(1.0)
            await ann.type("lost ")
            await until(lambda: world.redis.lost > lost)  # noqa: B023
            world.redis.lose(0.0)
            await ann.type("heard ")
            await until(lambda: ben.text == "lost heard ")
        if (await world.numbers())["weft_gaps_total"] > before["weft_gaps_total"]:
            return


@moves("relay_faults_total", "catch_ups_total")
async def a_message_that_nobody_understands(world: World) -> None:
    document = world.weft.document()
    async with world.open("ann", document=document) as [ann]:
        with Redis(unix_socket_path=str(world.redis.path)) as redis:
            redis.publish(channel(UUID(document)), msgpack.packb([b"e", b"stranger", 1, "no entries"]))
            redis.publish(channel(UUID(document)), b"\xc1")
        await ann.type("x")
        await until(lambda: ann.all_saved)


@moves("relay_subscribe_failed_total")
async def redis_frozen_while_a_document_opens(world: World) -> None:
    with world.redis.frozen():
        async with world.open("ann") as [ann]:
            await ann.type("all the same ")
            await until(lambda: ann.all_saved)


@moves("relay_lost_total", "relay_restored_total", "relay_dropped_total", 'outages_told_total{missing="redis"}')
async def redis_killed_and_started_again(world: World) -> None:
    async with world.apart() as (ann, ben):
        before = await world.numbers()
        with world.redis.down():
            await world.until_moved("weft_relay_lost_total", since=before)
            await ann.type("without ")
            await until(lambda: ben.text == "without ")
            async with asyncio.timeout(30):  # the other process says it a moment later
                while (await world.numbers())["weft_relay_healthy"]:
                    await asyncio.sleep(0.1)

            def page() -> None:
                request = urllib.request.Request(f"{world.url}/", headers={"Cookie": "sessionid=" + "a" * 32})
                with pytest.raises(urllib.error.HTTPError, match="503"):
                    urllib.request.urlopen(request, timeout=30)

            await asyncio.to_thread(page)
            await world.until_moved("weft_relay_dropped_total", since=before)
        await world.until_moved("weft_relay_restored_total", since=before)


# --- the database ---


@moves("commit_failed_total", refused("unsaved"), closed(1013))
async def a_database_that_is_locked(world: World) -> None:
    """SQLite waits for 20 s before it says so."""
    async with world.open("ann") as [ann]:
        before = await world.numbers()
        with contextlib.closing(
            sqlite3.connect(world.weft.weft.home / "weft.sqlite3", isolation_level=None)
        ) as database:
            database.execute("BEGIN IMMEDIATE")
            await ann.type("kept ")
            await world.until_moved("weft_commit_failed_total", since=before)
            await until(lambda: any(notice["kind"] == "unsaved" for notice in ann.notices))
            assert (await world.numbers())["weft_unsaved_bytes"] > 0
            for _ in range(2):
                await ann.type("x" * 400_000)
            await world.until_moved(f"weft_{refused('unsaved')}", since=before)
            database.execute("ROLLBACK")
        await until(lambda: ann.all_saved)


@moves("resyncs_total")
async def a_history_that_is_replaced(world: World) -> None:
    document = world.weft.document()
    async with world.open("ann", document=document) as [ann]:
        await ann.type("x")
        await until(lambda: ann.all_saved)
        world.sql("UPDATE documents_log SET epoch = epoch + 1 WHERE document_id = ?", UUID(document).hex)
        await until(lambda: ann.cursor[0] == 2)


@moves("commit_refused_total", closed(4413))
async def an_edit_that_the_database_will_not_store(world: World) -> None:
    """It alone: what others write in the same moment is stored."""
    document, other = world.weft.document(), world.weft.document()
    async with world.open("ann", document=document) as [ann], world.open("ben", document=other) as [ben]:
        world.sql(
            "CREATE TRIGGER no BEFORE INSERT ON documents_update"
            f" WHEN NEW.document_id = '{UUID(document).hex}' BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
        try:
            for _ in range(5):
                await asyncio.gather(ann.type("x"), ben.type("y"))
            await until(lambda: ann.closed and ben.all_saved)
        finally:
            world.sql("DROP TRIGGER no")
        assert not ann.saved - {0}
        assert ben.codes == []


@moves("stored_but_unreadable_total")
async def an_entry_that_the_guard_would_not_have_let_in(world: World) -> None:
    """As one from before the guard knew better: who has the document open gets it all the same."""
    document = world.weft.document()
    key = UUID(document).hex
    async with world.open("ann", document=document) as [ann]:
        await ann.type("x")
        await until(lambda: ann.all_saved)
        twice = b"\x02" + update(text("a"))[1:-1] + update(text("b"), clock=1)[1:]
        world.sql(
            'INSERT INTO documents_update (document_id, seq, author_id, "update", digest, created_at)'
            " SELECT document_id, head + 1, NULL, ?, X'00', datetime() FROM documents_log WHERE document_id = ?",
            twice,
            key,
        )
        world.sql("UPDATE documents_log SET head = head + 1 WHERE document_id = ?", key)
        await until(lambda: ann.cursor[1] >= 2)


@moves("room_faults_total")
async def a_log_that_contradicts_itself_when_it_is_loaded_anew(world: World) -> None:
    document = world.weft.document()
    key = UUID(document).hex
    async with world.open("ann", document=document) as [ann]:
        for number in range(3):
            await ann.type("x")
            await until(lambda number=number: len(ann.saved) > number)  # type: ignore[misc]
        world.sql("DELETE FROM documents_update WHERE document_id = ? AND seq = 2", key)
        world.sql("UPDATE documents_log SET epoch = epoch + 1 WHERE document_id = ?", key)
        before = await world.numbers()
        await world.until_moved("weft_room_faults_total", since=before)
        assert ann.closed is None, "whoever has it open still has all of it"


@moves('jobs_total{job="derive",outcome="failed"}', "documents_needing_attention")
async def a_log_with_an_entry_missing(world: World) -> None:
    document = world.weft.document()
    async with world.open("ann", document=document) as [ann]:
        for number in range(3):
            await ann.type("x")
            await until(lambda number=number: len(ann.saved) > number)  # type: ignore[misc]
        world.sql("DELETE FROM documents_update WHERE document_id = ? AND seq = 1", UUID(document).hex)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("fault", "names"), FAULTS, ids=lambda value: value.__name__ if callable(value) else "moves-its-number"
)
async def test_a_fault_moves_its_number(world: World, fault: Fault, names: tuple[str, ...]) -> None:
    before = await world.numbers()
    await fault(world)
    await world.until_moved(*names, since=before)


async def test_one_scrape_tells_of_all_processes(world: World) -> None:
    """Whichever web process answers it."""

    def look() -> set[str]:
        with urllib.request.urlopen(f"{world.url}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {
            line.split("{")[1].split("}")[0] for line in lines if line.startswith("weft_process_cpu_seconds_total{")
        }

    seen = await asyncio.to_thread(look)
    kinds = {"weft web": "web", "weft work": "worker"}
    here = set()
    for process in world.weft.weft.processes():
        with contextlib.suppress(psutil.NoSuchProcess, IndexError):  # a job's, that ended meanwhile
            kind = kinds.get(process.cmdline()[0].strip())
            here |= {f'process="{kind}",pid="{process.pid}"'} if kind else set()
    assert seen == here
