"""What is on its way to one client: in order, bounded, and never waited for."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager
from functools import partial
from types import coroutine
from typing import Any, Protocol

from django.conf import settings

from collab.closing import Closing
from collab.metrics import COUNTERS

LIMITS = settings.LIMITS


class Transport(Protocol):
    """What a transport gives a session. One adapter per kind of connection; a room never sees it."""

    def send_now(self, frame: bytes) -> bool:
        """Bring one frame on its way without waiting; False when that can't be, and `send` must."""

    def send(self, frame: bytes) -> Coroutine[Any, Any, None]:
        """Bring one frame on its way; suspends while the peer is slow. Raises OSError when it is gone."""

    async def close(self, reason: Closing) -> None:
        """Tell the peer why, then end the connection."""

    def abort(self) -> None:
        """End the connection now, without waiting for what the peer never reads."""

    def unsent(self) -> int:
        """Bytes that were handed over and haven't reached the peer, as far as one can know: 0 where one can't."""


class Kept(bytes):
    """A frame that nothing makes up for, an ack or a refusal: it stays when the rest of an outbox is dropped."""


class Outbox:
    """Frames to one client, in order, bounded.

    While the client keeps up, a frame is handed over at once and nothing is queued: the transport's `send` runs to its
    end without suspending. Only for a client that is behind there is a queue and a task, because having them for
    everybody costs 1.2–1.9 times the CPU. More than LIMITS.outbox_bytes waiting: all but acks is dropped, and
    `fell_behind` is called once it drained, to send what was missed as one update. No progress for
    LIMITS.send_deadline_seconds: `stuck`.
    """

    def __init__(self, transport: Transport, *, fell_behind: Callable[[], None], stuck: Callable[[], None]) -> None:
        self._transport = transport
        self._fell_behind = fell_behind
        self._stuck = stuck
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._draining: asyncio.Task[None] | None = None
        self._overflowed = False
        self.closed = False
        self.flows = True
        """Open, and nothing waits: what is sent now overtakes nothing."""

    @property
    def behind(self) -> bool:
        return self._draining is not None

    @property
    def overflowed(self) -> bool:
        return self._overflowed

    @property
    def waiting_bytes(self) -> int:
        return self._bytes

    def put(self, frame: bytes) -> None:
        if self.closed or (self._overflowed and not isinstance(frame, Kept)):
            return
        if self._draining is None:
            if self._transport.send_now(frame):
                return
            sending = self._transport.send(frame)
            try:
                waiting_for = sending.send(None)
            except StopIteration:
                return
            except OSError:
                self.closed, self.flows = True, False
                return
            self.flows = False
            self._draining = asyncio.get_running_loop().create_task(self._drain(sending, waiting_for))
            return
        self._queue.append(frame)
        self._bytes += len(frame)
        if (
            self._bytes > LIMITS.outbox_bytes and len(self._queue) > 1
        ):  # one frame alone may be larger: a whole document
            self._queue = deque(frame for frame in self._queue if isinstance(frame, Kept))
            self._bytes = sum(map(len, self._queue))
            COUNTERS["outbox_overflows"] += not self._overflowed
            self._overflowed = True

    async def drained(self) -> None:
        if self._draining is not None:
            await asyncio.wait([self._draining])

    def close(self) -> None:
        self.closed, self.flows = True, False
        self._queue.clear()
        self._bytes = 0

    async def _drain(self, sending: Coroutine[Any, Any, None], waiting_for: Any) -> None:
        try:
            async with while_it_moves(self._transport.unsent):
                await _resume(sending, waiting_for)
            while self._queue:
                frame = self._queue.popleft()
                self._bytes -= len(frame)
                async with while_it_moves(self._transport.unsent):
                    await self._transport.send(frame)
        except TimeoutError:
            COUNTERS["outbox_stuck"] += 1
            self.close()
            self._stuck()
        except OSError:
            self.close()
        finally:
            self._draining = None
            self.flows = not self.closed
        if self._overflowed and not self.closed:
            self._overflowed = False
            self._fell_behind()


@asynccontextmanager
async def while_it_moves(unsent: Callable[[], int]) -> AsyncIterator[None]:
    """Raises TimeoutError when for LIMITS.send_deadline_seconds not a byte reached the peer. What has to get through
    first may be a whole document, which on a slow line takes longer than that."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle
    async with asyncio.timeout(None) as limit:

        def look(before: int) -> None:
            nonlocal timer
            now = unsent()
            if now < before:
                timer = loop.call_later(LIMITS.send_deadline_seconds, look, now)
            else:
                limit.reschedule(loop.time())

        timer = loop.call_later(LIMITS.send_deadline_seconds, look, unsent())
        try:
            yield
        finally:
            timer.cancel()


@coroutine
def _resume(started: Coroutine[Any, Any, None], waiting_for: Any) -> Generator[Any, Any, None]:
    """Await a coroutine that was already started by hand and suspended on `waiting_for`."""
    while True:
        try:
            value = yield waiting_for
        except BaseException as error:
            proceed = partial(started.throw, error)
        else:
            proceed = partial(started.send, value)
        try:
            waiting_for = proceed()
        except StopIteration:
            return
