"""Redis between processes: updates, awareness and changes of rights, at most once.

Nothing here is true, only fast. A message may be lost, doubled or late; whoever receives checks (epoch, seq) against
the log and catches up there. One subscription per process and open document. The only module of the live engine that
knows Redis.

On the wire, msgpack: [kind, sender, …] with kinds
  e  entries   epoch, [[seq, author_id, update], …]
  m  moved     epoch, head                          what was too large, or a reminder: read the log
  a  awareness [[client_id, clock, state | nil], …]
  q  who?      a process opened the document and wants the others' awareness
  k  kept      client_id, user_id                   a newer socket, stream or poll here stands for this client
  l  less      its snapshot has become smaller; for those to whom it is large
  u  unsaved   update                               relayed though the database is down; has no number
on `weft:doc:{DOCUMENT}`, and on `weft:control`
  r  rights    [document, …] | nil, [user_id, …] | nil
  t  time      sent                                 to itself: how long is the way
  s  sessions  user_id, [session_key, …] | nil      these ended; nil: all of the user's
"""

import asyncio
import contextlib
import logging
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

import msgpack
from django.conf import settings
from redis.exceptions import RedisClusterException, RedisError

from collab.metrics import COUNTERS
from collab.redis_servers import Cluster, Plain
from collab.relay_wire import DROPPED, Line, wire

log = logging.getLogger(__name__)

CONTROL = b"weft:control"
Message = list[Any]
Receive = Callable[[UUID | None, Message], None]

RECONNECT = 0.2
PENDING, PENDING_BYTES = 10_000, 50_000_000
"""What waits for Redis at most; more is dropped, and others find it in the log."""
PROBE = 5.0
"""Seconds between two measurements of the way through Redis."""
ALONE = 3.0
"""Seconds for which a document's messages are not sent after Redis said that nobody else is subscribed. A process that
opens it asks who is here, which ends this at once; should that be lost, it lasts this long, and meanwhile that process
looks at the log itself."""


def channel(document_id: UUID) -> bytes:
    # The braces make Redis Cluster hash every key of a document to one slot.
    return b"weft:doc:{%s}" % document_id.hex.encode()


class Relay(Protocol):
    """The port: tests put one in between that drops, doubles, delays and reorders."""

    healthy: bool

    async def start(self, receive: Receive, restored: Callable[[], None]) -> None:
        """`receive(document_id or None, message)` for each message; `restored()` after some may have been missed."""

    async def stop(self) -> None: ...

    async def subscribe(self, document_id: UUID) -> None:
        """Returns when the subscription is confirmed, so that what the log holds then and what comes later leave no
        gap; with Redis down, at once."""

    async def unsubscribe(self, document_id: UUID) -> None: ...

    def publish(self, document_id: UUID, message: Message) -> None:
        """Never waits. What can't be sent is dropped and counted."""


@dataclass(slots=True)
class _Subscribed:
    """To one document's channel."""

    document_id: UUID
    counts_from: float = math.inf
    """Of what is sent after this, Redis counts us among those who heard it, and has no other word for who is there:
    our subscription is confirmed, and nobody else has been heard since."""
    alone_until: float = 0.0


class RedisRelay:
    def __init__(self, server: Plain | Cluster) -> None:
        self._wire = wire(server)
        # Made here and not at import: web processes are forks of one that has imported everything.
        self._sender = os.urandom(8)
        self.healthy = False
        self._receive: Receive = lambda _document, _message: None
        self._restored: Callable[[], None] = lambda: None
        self._line: Line | None = None
        self._documents: dict[bytes, _Subscribed] = {}
        self._confirmed: dict[bytes, asyncio.Future[None]] = {}
        self._pending: list[tuple[bytes, bytes]] = []
        self._pending_bytes = 0
        self._lag = 0.0
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, receive: Receive, restored: Callable[[], None]) -> None:
        self._receive, self._restored = receive, restored
        self._tasks = [asyncio.create_task(work) for work in (self._listen(), self._send(), self._measure())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._wire.aclose()

    async def subscribe(self, document_id: UUID) -> None:
        name = channel(document_id)
        self._documents[name] = _Subscribed(document_id)
        if self._line is None or not self.healthy:
            return
        confirmed = self._confirmed.setdefault(name, asyncio.get_running_loop().create_future())
        try:
            await self._line.subscribe(name)
            await asyncio.wait_for(asyncio.shield(confirmed), 2.0)
        except (RedisError, OSError, TimeoutError):
            COUNTERS["relay_subscribe_failed"] += 1

    async def unsubscribe(self, document_id: UUID) -> None:
        name = channel(document_id)
        self._documents.pop(name, None)
        if self._line is not None and self.healthy:
            with contextlib.suppress(RedisError, OSError):
                await self._line.unsubscribe(name)

    def publish(self, document_id: UUID, message: Message) -> None:
        name = channel(document_id)
        document = self._documents.get(name)
        if document is not None and document.alone_until > asyncio.get_running_loop().time():
            return
        if len(self._pending) >= PENDING or self._pending_bytes >= PENDING_BYTES:
            COUNTERS["relay_dropped"] += 1
            return
        payload = msgpack.packb([message[0], self._sender, *message[1:]])
        self._pending.append((name, payload))
        self._pending_bytes += len(payload)
        self._wake.set()

    def gauges(self) -> dict[str, float]:
        """For `/metrics`."""
        return {"relay_lag_seconds": self._lag, "relay_pending": len(self._pending)}

    async def _measure(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PROBE)
            if self.healthy:
                self._pending.append((CONTROL, msgpack.packb([b"t", self._sender, loop.time()])))
                self._wake.set()

    async def _send(self) -> None:
        """One pipeline for all that gathered while the last one ran: 21 µs a message in tens, 90 µs alone."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            pending, self._pending, self._pending_bytes = self._pending, [], 0
            sent_at = asyncio.get_running_loop().time()
            try:
                receivers = await self._wire.publish(pending)
            except (RedisError, OSError):
                COUNTERS["relay_dropped"] += len(pending)
                await asyncio.sleep(RECONNECT)
                continue
            except Exception:  # a defect, which must not silence this process until its restart
                log.exception("messages could not be sent")
                COUNTERS["relay_dropped"] += len(pending)
                continue
            for (name, _), count in zip(pending, receivers, strict=True):
                if count == DROPPED:
                    COUNTERS["relay_dropped"] += 1
                elif count <= 1 and (document := self._documents.get(name)) and document.counts_from < sent_at:
                    document.alone_until = asyncio.get_running_loop().time() + ALONE

    async def _listen(self) -> None:
        missed = False
        while True:
            line: Line | None = None
            try:
                line = await self._wire.line()
                await self._read(line, missed)
            except (RedisError, OSError, TimeoutError) as error:
                if self.healthy:
                    log.warning("relay lost: %s", error)
                COUNTERS["relay_lost"] += 1
            except Exception:  # a defect, ours or redis-py's, which must not leave this process deaf until its restart
                log.exception("the relay failed")
                COUNTERS["relay_lost"] += 1
            finally:
                self.healthy, self._line, missed = False, None, True
                # Not cancelled: that would go up as if those who open documents had themselves been told to end.
                for waiting in self._confirmed.values():
                    if not waiting.done():
                        waiting.set_result(None)
                self._confirmed.clear()
                for document in self._documents.values():
                    # Of the two connections only this one has ended: the one who is counted now is somebody else.
                    document.counts_from, document.alone_until = math.inf, 0.0
                if line is not None:
                    with contextlib.suppress(Exception):  # it is broken anyway
                        await line.aclose()
            await asyncio.sleep(RECONNECT)

    async def _read(self, line: Line, missed: bool) -> None:
        asked = {CONTROL, *self._documents}
        unconfirmed = set(asked)
        await line.subscribe(*asked)
        while True:
            name, payload = await line.next()
            if payload is not None:
                self._take(name, payload)
                continue
            if (document := self._documents.get(name)) is not None:
                document.counts_from = asyncio.get_running_loop().time()
            if (confirmed := self._confirmed.pop(name, None)) is not None and not confirmed.done():
                confirmed.set_result(None)
            if not unconfirmed:
                continue
            unconfirmed.discard(name)
            if not unconfirmed:
                self.healthy, self._line = True, line
                # Rooms that opened meanwhile believed Redis to be down and did not wait.
                if late := [name for name in self._documents if name not in asked]:
                    await line.subscribe(*late)
                if missed:
                    COUNTERS["relay_restored"] += 1
                    self._restored()

    def _take(self, name: bytes, payload: bytes) -> None:
        try:
            message = msgpack.unpackb(payload, use_list=True)
            sender = message[1]
        except (ValueError, TypeError, LookupError):  # somebody else's
            COUNTERS["relay_faults"] += 1
            return
        if sender == self._sender:
            if message[0] == b"t":
                self._lag = asyncio.get_running_loop().time() - message[2]
            return
        if name == CONTROL:
            self._receive(None, message)
        elif (document := self._documents.get(name)) is not None:
            # Who came after a message was counted may be heard, by the other connection, before the count is.
            document.counts_from, document.alone_until = asyncio.get_running_loop().time(), 0.0
            self._receive(document.document_id, message)


@cache
def _blocking_client() -> Any:
    return settings.REDIS.relay.client(socket_timeout=1, socket_connect_timeout=1)


def announce(name: bytes, message: Message) -> None:
    """Publish from synchronous code (an action, the admin, the shell). A failure costs latency: processes also look
    themselves.

    Sent as nobody's, so that the process it comes from hears it too.
    """
    try:
        client, payload = _blocking_client(), msgpack.packb([message[0], b"", *message[1:]])
        if isinstance(settings.REDIS.relay, Cluster):
            client.spublish(name, payload)
        else:
            client.publish(name, payload)
    except (RedisError, RedisClusterException, OSError) as error:
        COUNTERS["relay_dropped"] += 1
        log.warning("could not announce %s: %s", message[0], error)
