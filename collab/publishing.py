"""The stream `weft:publish`: takes in what other programs put there, and does each thing once.

Each web process runs one `Publishing`; together they are the consumer group `weft`, so Redis gives every entry to one
of them. An entry leaves the stream only after its effect is committed, or after it went to the dead letters with the
reason. So nothing is lost by a killed process (another claims what it held), by an outage of the database (the entry
waits), or by Redis restarting; what Redis itself loses is gone, as with everything that is only there. That the same
entry may be brought twice is `actions.publish`'s to know: it remembers ids beside the effects.

What goes to one recipient is done in order, as far as one process brings it. Never on a document's message path: the
work is done in two threads of its own.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from collab.metrics import COUNTERS
from collab.redis_servers import Plain
from documents import actions
from documents.errors import WeftError

log = logging.getLogger(__name__)

STREAM = "weft:publish"
GROUP = "weft"
DEAD = "weft:publish:dead"
DEAD_KEPT = 1_000
DEAD_BYTES = 16_384
"""Of a dead letter's payload: enough to recognise it by."""

IN_HAND = 32
"""Entries a process holds at a time; the rest stays for the others."""
TRIES = 5
"""For what fails without saying why: a fault of ours, or an entry that ends every process it is given to."""
PAUSE, LONGEST_PAUSE = 0.2, 2.0
BLOCK_SECONDS = 5.0
TEND_SECONDS = 3.0
ABANDONED_SECONDS = 12.0
"""After which an entry is taken from a process that took it and says no more: each says so of its own every few
seconds. Should it live after all, the entry is done once all the same."""
ANSWERS_WITHIN = 5.0
"""Seconds for what Redis answers at once. A half-open connection would keep silent for ever."""
SWEEP_SECONDS = 60.0
CONSUMER_GONE_SECONDS = 600.0

Fields = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead one, as an operator sees it."""

    id: str
    reason: str
    message: str
    entry: str
    payload: str
    signature: str

    @property
    def at(self) -> datetime:
        return _time_of(self.id)


class Publishing:
    def __init__(self, server: Plain) -> None:
        # No retries of redis-py's own: what was read when a connection broke must be asked for again, by name.
        self._redis = server.async_client(socket_timeout=None, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
        # Made when the process is, and not at import: web processes are forks.
        self._name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="publish")
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self._freed = asyncio.Event()
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tries: Counter[str] = Counter()
        self._running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._running = [asyncio.create_task(task) for task in (self._read(), self._tend(), self._sweep())]

    async def stop(self, within: float = 2.0) -> None:
        """Finish what is in hand; what can't be finished is left for the others. A second time does nothing."""
        if not self._running:
            return
        await _cancel(self._running)
        self._running = []
        if self._in_hand:
            await asyncio.wait(self._in_hand.values(), timeout=within)
        await _cancel(list(self._in_hand.values()))
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                # With entries it would take them along into nothing.
                if not await self._redis.xpending_range(STREAM, GROUP, "-", "+", 1, self._name):
                    await self._redis.xgroup_delconsumer(STREAM, GROUP, self._name)
        await self._redis.aclose()
        for _ in range(4):  # both threads, most likely
            self._threads.submit(connections.close_all)
        self._threads.shutdown(wait=False)

    # --- reading ---

    async def _read(self) -> None:
        complained = False
        while True:
            try:
                await self._make_group()
                await self._take_back()
                complained = False
                await self._follow()
            except (RedisError, OSError, TimeoutError) as fault:
                # Also NOGROUP: somebody emptied Redis, and the group is made anew.
                COUNTERS["publish_stream_lost"] += 1
                if not complained:
                    log.warning("cannot read what is published (%s); trying again", fault)
                complained = True
            except Exception:  # a defect, which must not leave this process deaf until its restart
                COUNTERS["publish_stream_lost"] += 1
                log.exception("what is published could not be read")
            await asyncio.sleep(PAUSE)

    async def _make_group(self) -> None:
        try:
            # From the beginning: what was published before the group was there is meant, too.
            await self._redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except redis.ResponseError as fault:
            if not str(fault).startswith("BUSYGROUP"):
                raise

    async def _take_back(self) -> None:
        """What Redis gave us in an answer that a broken connection swallowed."""
        answer = await self._redis.xreadgroup(GROUP, self._name, {STREAM: "0"}, count=IN_HAND)
        self._take(_entries(answer))

    async def _follow(self) -> None:
        while True:
            self._freed.clear()
            room = IN_HAND - len(self._in_hand)
            if room <= 0:
                await self._freed.wait()
                continue
            # A deadline of our own: a half-open connection would keep silent for ever.
            async with asyncio.timeout(BLOCK_SECONDS * 2):
                answer = await self._redis.xreadgroup(
                    GROUP, self._name, {STREAM: ">"}, count=room, block=int(BLOCK_SECONDS * 1000)
                )
            self._take(_entries(answer))

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(TEND_SECONDS)
            try:
                async with asyncio.timeout(ANSWERS_WITHIN):
                    await self._hold_on()
                    await self._claim()
            except (RedisError, OSError, TimeoutError):
                pass  # the reading says so
            except Exception:
                COUNTERS["publish_stream_lost"] += 1
                log.exception("what others left unfinished could not be looked at")

    async def _hold_on(self) -> None:
        """To what waits for the database here: otherwise processes would pass it round, and count that as tries."""
        if self._in_hand:
            await self._redis.xclaim(STREAM, GROUP, self._name, 0, list(self._in_hand), justid=True)

    async def _claim(self) -> None:
        """Take over what somebody took and never finished."""
        room = IN_HAND - len(self._in_hand)
        if room <= 0:
            return
        idle = int(ABANDONED_SECONDS * 1000)
        claimed: Any = (await self._redis.xautoclaim(STREAM, GROUP, self._name, idle, count=room))[1]
        for key, fields in claimed:
            entry = key.decode()
            states: Any = await self._redis.xpending_range(STREAM, GROUP, entry, entry, 1)
            given_before = states[0]["times_delivered"] - 1 if states else 0
            self._tries[entry] = max(self._tries[entry], given_before)
            COUNTERS["publish_claimed"] += 1
            self._take([(entry, fields)])

    def _take(self, entries: list[tuple[str, Fields]]) -> None:
        for entry, fields in entries:
            if entry not in self._in_hand:
                task = asyncio.create_task(self._handle(entry, fields))
                self._in_hand[entry] = task
                task.add_done_callback(lambda _, entry=entry: self._let_go(entry))  # type: ignore[misc]

    def _let_go(self, entry: str) -> None:
        del self._in_hand[entry]
        self._freed.set()

    # --- doing ---

    async def _handle(self, entry: str, fields: Fields | None) -> None:
        payload, signature = (fields or {}).get(b"payload"), (fields or {}).get(b"signature")
        if payload is None or signature is None or not fields:
            COUNTERS["publish_refused_malformed"] += 1
            await self._bury(entry, fields or {}, "malformed", "An entry has the fields “payload” and “signature”.")
            return
        async with self._lane(payload):
            pause = PAUSE
            while True:
                if self._tries[entry] >= TRIES:
                    await self._bury(entry, fields, "failed", f"It failed {TRIES} times; the log of Weft says how.")
                    return
                try:
                    verdict = await self._do(entry, payload, signature)
                except WeftError as refusal:
                    await self._bury(entry, fields, refusal.code, refusal.message)
                    return
                except (OperationalError, InterfaceError) as fault:
                    # The database is away: no fault of the entry's, however long it takes.
                    COUNTERS["publish_waited"] += 1
                    log.warning("cannot do what was published as %s yet: %s", entry, fault)
                except Exception:
                    self._tries[entry] += 1
                    COUNTERS["publish_failed"] += 1
                    log.exception("could not do what was published as %s", entry)
                else:
                    if verdict == actions.Verdict.REPLAYED:
                        await self._bury(entry, fields, "replayed", "Its id was taken before; nothing happened now.")
                    else:
                        await self._finish(entry)
                    return
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _do(self, entry: str, payload: bytes, signature: bytes) -> str:
        def publish() -> str:
            try:
                return actions.publish(
                    payload, signature.decode(errors="replace"), arrived=_time_of(entry), source=entry
                )
            except (OperationalError, InterfaceError):
                connection.close()
                raise

        return await asyncio.get_running_loop().run_in_executor(self._threads, publish)

    def _lane(self, payload: bytes) -> asyncio.Lock:
        """One for each recipient, as far as can be guessed of what nobody has verified yet."""
        _, _, rest = payload.partition(b'"to"')
        name = rest[:60].partition(b",")[0].decode(errors="replace")
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = asyncio.Lock()
        return lane

    async def _finish(self, entry: str) -> None:
        await self._settle(entry, None)

    async def _bury(self, entry: str, fields: Fields, reason: str, message: str) -> None:
        COUNTERS["publish_dead"] += 1
        log.info("refused what was published as %s: %s", entry, reason)
        dead: dict[Any, Any] = {
            "reason": reason,
            "message": message,
            "entry": entry,
            "payload": fields.get(b"payload", repr(fields).encode())[:DEAD_BYTES],
            "signature": fields.get(b"signature", b"")[:128],
        }
        await self._settle(entry, dead)

    async def _settle(self, entry: str, dead: dict[Any, Any] | None) -> None:
        """All of it or nothing; with Redis away, until it is back: by then somebody may have done it again, in vain."""
        self._tries.pop(entry, None)
        while True:
            try:
                async with asyncio.timeout(ANSWERS_WITHIN), self._redis.pipeline(transaction=True) as pipeline:
                    if dead is not None:
                        pipeline.xadd(DEAD, dead, maxlen=DEAD_KEPT)
                    pipeline.xack(STREAM, GROUP, entry)
                    pipeline.xdel(STREAM, entry)
                    await pipeline.execute()
                return
            except (RedisError, OSError, TimeoutError):
                await asyncio.sleep(PAUSE)

    async def _sweep(self) -> None:
        """Receipts that no envelope can need any more, and the names of processes that are gone."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            with contextlib.suppress(RedisError, OSError):
                for consumer in await self._redis.xinfo_consumers(STREAM, GROUP):
                    if not consumer["pending"] and consumer["idle"] > CONSUMER_GONE_SECONDS * 1000:
                        await self._redis.xgroup_delconsumer(STREAM, GROUP, consumer["name"])
            with contextlib.suppress(OperationalError, InterfaceError):
                await loop.run_in_executor(self._threads, _forget)


def _forget() -> None:
    try:
        actions.forget_old_receipts()
    except (OperationalError, InterfaceError):
        connection.close()
        raise


def _entries(answer: Any) -> list[tuple[str, Fields]]:
    return [(entry.decode(), fields) for _, entries in answer or [] for entry, fields in entries]


def _time_of(entry: str) -> datetime:
    """When Redis took it: an entry's id begins with the milliseconds."""
    try:
        return datetime.fromtimestamp(int(entry.partition("-")[0]) / 1000, UTC)
    except (ValueError, OverflowError, OSError):  # somebody chose an id of their own
        return datetime.fromtimestamp(0, UTC)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# --- for operators ---


@contextmanager
def _blocking() -> Iterator[redis.Redis]:
    client = settings.REDIS.plain.client(socket_timeout=5, socket_connect_timeout=2)
    try:
        yield client
    finally:
        client.close()


def dead_letters(most: int) -> list[Letter]:
    """The newest first."""
    with _blocking() as client:
        found: Any = client.xrevrange(DEAD, count=most)

    def text(fields: Fields, name: bytes) -> str:
        return fields.get(name, b"").decode(errors="replace")

    return [
        Letter(
            key.decode(),
            *(text(fields, name) for name in (b"reason", b"message", b"entry", b"payload", b"signature")),
        )
        for key, fields in found
    ]


def clear_dead_letters() -> int:
    with _blocking() as client:
        count: Any = client.xlen(DEAD)
        client.delete(DEAD)
    return int(count)
