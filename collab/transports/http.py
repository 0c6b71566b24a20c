"""The way of the HTTP transports: which request goes where, and how what goes wrong is answered.

`/sync/{document}` and below are a document's, `/events` and below the user's own. The grammar is docs/protocol.md.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError

from collab import closing
from collab.admission import Refused, Vouchers
from collab.hub import Hub
from collab.transports.events import Events
from collab.transports.polling import Polls
from collab.transports.push import Pushes
from collab.transports.request import PROTOCOL, Disconnected, Failure, Request
from collab.transports.sse import Streams
from presence.feed import Feed

SYNC = "/sync/"
EVENTS = frozenset({"/events", "/events/poll"})
Serve = Callable[[Request, UUID], Awaitable[None]]


class HttpTransports:
    def __init__(self, hub: Hub, feed: Feed) -> None:
        vouchers = Vouchers(hub)
        self._events = Events(hub, feed)
        pushes, streams, polls = Pushes(hub, vouchers), Streams(hub, vouchers), Polls(hub, vouchers)
        self._documents: dict[tuple[str, str], Serve] = {
            ("POST", ""): pushes.sync,
            ("POST", "push"): pushes.push,
            ("POST", "awareness"): pushes.awareness,
            ("GET", "events"): streams.stream,
            ("GET", "poll"): polls.poll,
        }

    @staticmethod
    def takes(path: str) -> bool:
        return path.startswith(SYNC) or path in EVENTS

    async def start(self) -> None:
        await self._events.start()

    def drain(self) -> None:
        self._events.drain()

    async def stop(self) -> None:
        await self._events.stop()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive, send)
        try:
            if (request.header(b"weft-protocol") or PROTOCOL) != PROTOCOL:
                raise Failure(closing.OUT_OF_DATE)
            await self._serve(request)
        except Disconnected:
            pass
        except Refused as refused:
            await request.answer_failure(Failure(refused.reason))
        except Failure as failure:
            await request.answer_failure(failure)
        except (DatabaseError, InterfaceError):
            await request.answer_failure(Failure(closing.UNAVAILABLE))

    async def _serve(self, request: Request) -> None:
        if request.scope["path"] in EVENTS:
            if request.method != "GET":
                raise _not_by(request)
            await (self._events.poll if request.scope["path"].endswith("/poll") else self._events.stream)(request)
            return
        name, _, rest = request.scope["path"].removeprefix(SYNC).partition("/")
        try:
            document_id = UUID(name)
        except ValueError:
            raise Failure(closing.GONE) from None
        serve = self._documents.get((request.method, rest))
        if serve is not None:
            await serve(request, document_id)
        elif any(path == rest for _, path in self._documents):
            raise _not_by(request)
        else:
            raise Failure(closing.GONE)


def _not_by(request: Request) -> Failure:
    return Failure(status=405, word="method_not_allowed", message=f"not by {request.method}")
