"""One HTTP request and its answer, in raw ASGI: bounded bodies, JSON, and errors as the table in `closing` has them.

In front of Django, whose handler costs 1.3 ms a request: a poll must cost next to nothing.
"""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from collab import closing, signed_in
from collab.closing import Closing
from collab.direct_socket import unsent_by
from collab.metrics import COUNTERS
from collab.outbox import while_it_moves

LIMITS = settings.LIMITS
PROTOCOL = "1"
"""What a client may say that it speaks, in the header `Weft-Protocol`; without one it speaks this."""
UNREAD_BYTES = 32_000_000
"""Of a body that is too large so much is read and dropped: who is still sending when the connection ends never reads
the answer."""
PIECE_BYTES = 65_536
"""What an answer is written in, so that of a large one no more waits in memory than a client that reads has coming."""
NOT_KEPT = [
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]

Headers = Iterable[tuple[bytes, bytes]]


class Failure(Exception):
    """The request gets this answer instead. `word`, `status` and `message` are the reason's own unless given."""

    def __init__(
        self,
        reason: Closing | None = None,
        *,
        status: int = 0,
        word: str = "",
        message: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.status = status or (reason.status if reason else 400)
        self.word = word or (reason.word if reason else "malformed")
        self.message = message or (reason.reason if reason else "")
        self.close_code = reason.code if reason and reason is not closing.RESYNC else None
        if retry_after is None and self.status == 503:
            retry_after = 1
        self.retry_after = retry_after
        super().__init__(self.message)

    def body(self) -> bytes:
        error: dict[str, Any] = {"code": self.word, "message": self.message}
        if self.close_code is not None:
            error["close_code"] = self.close_code
        return json.dumps({"error": error}).encode()


class Request:
    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.send = send
        self._receive = receive
        self._query: dict[str, list[str]] | None = None

    def header(self, name: bytes) -> str | None:
        """`name` in small letters."""
        for found, value in self.scope["headers"]:
            if found == name:
                return str(value.decode("latin-1"))
        return None

    def parameter(self, name: str) -> str | None:
        if self._query is None:
            self._query = parse_qs(self.scope.get("query_string", b"").decode("latin-1"))
        return self._query.get(name, [None])[0]

    def number(self, name: str, most: int) -> int | None:
        """A parameter that must be a number from 0 to `most` if it is there."""
        text = self.parameter(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= most):
            raise Failure(closing.malformed(f"{name} must be a number up to {most}"))
        return int(text)

    async def body(self, most: int) -> bytes:
        """All of it, which must be here within the time for a handshake."""
        body = bytearray()
        size = 0
        try:
            async with asyncio.timeout(LIMITS.handshake_seconds):
                while True:
                    event = await self._receive()
                    if event["type"] == "http.disconnect":
                        raise Disconnected
                    size += len(event.get("body", b""))
                    if size <= most:
                        body += event.get("body", b"")
                    if not event.get("more_body", False) or size > most + UNREAD_BYTES:
                        break
        except TimeoutError:
            COUNTERS["refused_slow_body"] += 1
            raise Failure(status=408, word="too_slow", message="the request came too slowly") from None
        if size > most:
            COUNTERS["refused_too_large"] += 1
            raise Failure(closing.TOO_LARGE)
        return bytes(body)

    async def disconnected(self) -> None:
        """Returns when the client has hung up. For a request whose body was read, or that has none."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def answer(self, status: int, body: bytes = b"", *, headers: Headers = ()) -> None:
        kind = [(b"content-type", b"application/json")] if body else []
        length = [] if status == 204 else [(b"content-length", b"%d" % len(body))]
        async with self._in_time():
            await self.send(
                {"type": "http.response.start", "status": status, "headers": [*NOT_KEPT, *kind, *length, *headers]}
            )
            for at in range(0, max(len(body), 1), PIECE_BYTES):
                await self.write(body[at : at + PIECE_BYTES], more=at + PIECE_BYTES < len(body))

    async def begin_stream(self) -> None:
        """Answer with server-sent events: `write` or `deliver` says them."""
        kind = (b"content-type", b"text/event-stream; charset=utf-8")
        await self.send({"type": "http.response.start", "status": 200, "headers": [*NOT_KEPT, kind]})

    async def write(self, body: bytes, *, more: bool = True) -> None:
        """Suspends while the client reads slowly, which an outbox bounds; once it has hung up, nothing happens."""
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def deliver(self, body: bytes, *, more: bool = True) -> None:
        """The same without an outbox: a client that doesn't read is cut off, and Disconnected raised."""
        async with self._in_time():
            await self.write(body, more=more)

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        try:
            async with while_it_moves(self.unsent):
                yield
        except TimeoutError:
            COUNTERS["outbox_stuck"] += 1
            self.abort()
            raise Disconnected from None

    def abort(self) -> bool:
        """End the connection now. Under another server than uvicorn False: a stalled client is left to TCP's own
        timeouts."""
        transport = self._transport
        if transport is not None:
            transport.abort()
        return transport is not None

    def unsent(self) -> int:
        """Bytes that were written and haven't reached the client, as far as one can know."""
        return 0 if self._transport is None else unsent_by(self._transport)

    @property
    def _transport(self) -> asyncio.Transport | None:
        return getattr(self.scope.get("cycle"), "transport", None)

    async def answer_json(self, content: Mapping[str, Any]) -> None:
        await self.answer(200, json.dumps(content, separators=(",", ":")).encode())

    async def answer_failure(self, failure: Failure) -> None:
        COUNTERS[f"http_failures_{failure.word}"] += 1
        headers = []
        if failure.retry_after is not None:
            headers.append((b"retry-after", b"%d" % math.ceil(failure.retry_after)))
        if failure.status == 408:
            headers.append((b"connection", b"close"))
        await self.answer(failure.status, failure.body(), headers=headers)


def credential_of(request: Request) -> bytes:
    proof = signed_in.shown(request.scope)
    if proof is None:
        raise Failure(closing.SIGNED_OUT)
    return proof.digest


class Disconnected(Exception):
    """Nobody waits for the answer any more."""


def cursor_of(text: str | None) -> tuple[int, int] | None:
    """`EPOCH.SEQ` as numbers."""
    if text is None or text == "":
        return None
    epoch, dot, seq = text.partition(".")
    if not (dot and _is_number(epoch) and _is_number(seq)):
        raise Failure(closing.malformed("a cursor is EPOCH.SEQ"))
    return int(epoch), int(seq)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
