"""People's events of the last while, numbered: for those who hear them by single requests, from any process.

`record` adds to one capped Redis stream beside the channel layer's groups. Each web process follows that stream once
(`Feed`) and keeps it in memory, so that a listener who comes back with a cursor asks nobody. What Redis loses is lost,
as with the groups: whoever comes from before that is told to fetch everything anew.
"""

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

STREAM = "weft:events"
KEPT = 2000
BLOCK = 5.0
"""Seconds that one reading waits for news; an answer this often says that the connection lives."""
RECONNECT = 0.2

Cursor = tuple[int, int]
"""The id of an entry of the stream: milliseconds, and a number within."""


class Server(Protocol):
    """Where the stream is."""

    def async_client(self, **options: Any) -> redis.asyncio.Redis: ...


class Identity(Protocol):
    @property
    def user_id(self) -> int: ...

    @property
    def proof(self) -> str | None:
        """What a sign-out names to end this sign-in, see `signals.sessions_ended`."""


@dataclass(frozen=True, slots=True)
class Entry:
    cursor: Cursor
    groups: frozenset[str]
    event: dict[str, Any] | None
    """None: sign-ins of these people have ended,"""
    ended: frozenset[str] | None = None
    """namely these; None for all."""


async def record(server: Server, groups: Collection[str], content: dict[str, Any]) -> None:
    """Add an event, `{"event": …}`, or the end of sign-ins, `{"ended": [proof, …] | None}`."""
    # A client of its own: who records runs in whatever loop the moment gave it.
    async with server.async_client(socket_timeout=5, socket_connect_timeout=2) as client:
        packed = json.dumps({"groups": sorted(groups), **content}, separators=(",", ":"))
        await client.xadd(STREAM, {"entry": packed}, maxlen=KEPT, approximate=True)


@dataclass(eq=False)
class Listener:
    """One sign-in that hears of its person's events, by any number of streams and polls."""

    identity: Identity
    groups: frozenset[str]
    stale: bool = False
    """Memberships have changed, or may have: the groups are to be looked up again."""
    ended: bool = False
    """It was signed out."""
    waiting: set[asyncio.Event] = field(default_factory=set)

    def wake(self) -> None:
        for event in self.waiting:
            event.set()

    def end(self) -> None:
        self.ended = True
        self.wake()


class Feed:
    def __init__(self, server: Server) -> None:
        self._server = server
        self.listeners: set[Listener] = set()
        self.last: Cursor = (0, 0)
        """The newest entry that is known here."""
        self.since: Cursor = (0, 0)
        """All entries after this one are known here."""
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    def after(self, cursor: Cursor, groups: Collection[str]) -> list[Entry] | None:
        """The events after a cursor that concern these groups; None when it is from before what is known. A cursor
        ahead of us comes from a process that has read further: what follows it will come."""
        if cursor < self.since:
            return None
        if cursor >= self.last:
            return []
        return [
            entry
            for entry in self._entries
            if entry.cursor > cursor and entry.event is not None and not entry.groups.isdisjoint(groups)
        ]

    async def _follow(self) -> None:
        lost = False
        while True:
            client = self._server.async_client(
                socket_timeout=None, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
            )
            try:
                async with asyncio.timeout(BLOCK):
                    await self._begin(client, lost)
                lost = False
                while True:
                    async with asyncio.timeout(2 * BLOCK):
                        found: Any = await client.xread(
                            {STREAM: text_of(self.last)}, block=int(BLOCK * 1000), count=500
                        )
                    for _, entries in found:
                        self._take([entry for id, fields in entries if (entry := _entry(id, fields)) is not None])
                        self.last = max(self.last, _id(entries[-1][0]))
            except (RedisError, OSError, TimeoutError) as error:
                if not lost:
                    log.warning("the feed of events is lost: %s", error)
                lost = True
            except Exception:  # a defect, which must not leave this process's people without events until its restart
                log.exception("the feed of events failed")
                lost = True
            finally:
                with contextlib.suppress(Exception):  # it is broken anyway
                    await client.aclose()
            await asyncio.sleep(RECONNECT)

    async def _begin(self, client: Any, lost: bool) -> None:
        """What the stream holds; after a loss nothing of it, since there may be events that never reached it."""
        entries = await client.xrange(STREAM)
        seconds, micros = await client.time()
        now = (seconds * 1000 + micros // 1000, 0)
        self._entries.clear()
        if lost or not entries:
            self.last = self.since = max(self.last, _id(entries[-1][0])) if entries else now
        else:
            self._entries.extend(entry for id, fields in entries if (entry := _entry(id, fields)) is not None)
            self.since, self.last = _id(entries[0][0]), _id(entries[-1][0])
        for listener in self.listeners:
            listener.stale = True
            listener.wake()

    def _take(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if len(self._entries) == KEPT:
                self.since = self._entries[0].cursor
            self._entries.append(entry)
            self.last = entry.cursor
            for listener in list(self.listeners):
                if entry.groups.isdisjoint(listener.groups):
                    continue
                if entry.event is not None:
                    listener.stale = listener.stale or entry.event.get("kind") == "memberships"
                    listener.wake()
                elif entry.ended is None or listener.identity.proof in entry.ended:
                    listener.end()


def parse(text: str) -> Cursor:
    """Raises ValueError."""
    milliseconds, _, number = text.partition("-")
    if not (text.isascii() and milliseconds.isdigit() and number.isdigit() and len(text) <= 40):
        raise ValueError("a cursor of events is NUMBER-NUMBER")
    return int(milliseconds), int(number)


def text_of(cursor: Cursor) -> str:
    return f"{cursor[0]}-{cursor[1]}"


def _id(id: bytes) -> Cursor:
    return parse(id.decode())


def _entry(id: bytes, fields: dict[bytes, bytes]) -> Entry | None:
    try:
        content = json.loads(fields[b"entry"])
        ended = content.get("ended")
        return Entry(
            _id(id), frozenset(content["groups"]), content.get("event"), None if ended is None else frozenset(ended)
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        log.warning("an entry of %s that is none of ours: %s", STREAM, id.decode())
        return None
