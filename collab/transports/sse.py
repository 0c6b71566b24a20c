"""`GET /sync/{document}/events`: server-sent events.

The id of an event is the client's cursor, and with it as `Last-Event-ID` any process goes on where another stopped.
"""

import asyncio
from typing import Any
from uuid import UUID

from collab import closing
from collab.admission import Vouchers, admit
from collab.catching_up import resume
from collab.closing import Closing
from collab.dialects import EVENT_STREAM, event
from collab.hub import Hub
from collab.metrics import COUNTERS
from collab.transports.request import Failure, Request, credential_of, cursor_of
from presence.awareness import Visitor


class Stream:
    """A session's transport. What is said before the answer may begin waits: it could still be a refusal."""

    def __init__(self, request: Request) -> None:
        self.ended = asyncio.Event()
        self.reason: Closing | None = None
        self._request = request
        self._early: list[bytes] | None = []

    async def begin(self) -> None:
        await self._request.begin_stream()
        while self._early:
            early, self._early = b"".join(self._early), []
            await self._request.write(early)
        self._early = None
        if self.reason is not None:
            await self._end(self.reason)

    def send_now(self, frame: bytes) -> bool:
        return False

    async def send(self, frame: bytes) -> None:
        if self._early is not None:
            self._early.append(frame)
        else:
            await self._request.write(frame)

    async def close(self, reason: Closing) -> None:
        self.reason = reason
        if self._early is None:
            await self._end(reason)

    def abort(self) -> None:
        if not self._request.abort():
            self.ended.set()

    def unsent(self) -> int:
        return self._request.unsent()

    async def _end(self, reason: Closing) -> None:
        try:
            await self._request.write(event("close", {"code": reason.code, "reason": reason.reason}), more=False)
        finally:
            self.ended.set()


class Streams:
    def __init__(self, hub: Hub, vouchers: Vouchers) -> None:
        self._hub, self._vouchers = hub, vouchers

    async def stream(self, request: Request, document_id: UUID) -> None:
        credential = credential_of(request)
        cursor = cursor_of(request.header(b"last-event-id") or request.parameter("cursor"))
        client_id = request.number("client", 2**53 - 1)
        stream = Stream(request)
        room, session = await admit(self._hub, request.scope, document_id, stream, dialect=EVENT_STREAM, held=True)
        visitor = None if client_id is None else Visitor(session.identity.user_id, client_id)
        self._vouchers.add(credential, document_id, session)
        if visitor is not None:
            room.awareness.stand_for(visitor)
        try:
            if not await resume(room, session, cursor):
                raise Failure(closing.RESYNC)
            if stream.reason is not None:
                raise Failure(stream.reason)
            COUNTERS["joined_sse"] += 1
            await stream.begin()
            await _first(request.disconnected(), stream.ended.wait())
        finally:
            self._vouchers.remove(credential, document_id, session)
            if visitor is not None:
                room.awareness.stand_down(visitor)
            self._hub.leave(room, session)


async def _first(*waits: Any) -> None:
    """Wait until one of them is over, and end the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
