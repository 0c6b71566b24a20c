"""`/ws/y/{document}`: the y-websocket protocol, and with the subprotocol `weft.1` acks, cursors and notices too.

Channels routes and accepts; then this consumer runs its own loop, because the stock one costs 80 µs a received message
(a thread hop and a task). What needs no waiting doesn't even pass through that loop: see `DirectSocket`. No channel
layer: a document's traffic never goes through it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from channels.consumer import AsyncConsumer

from collab import closing, intake
from collab.admission import Refused, admit
from collab.closing import Closing
from collab.dialects import WEFT, Y_WEBSOCKET
from collab.direct_socket import DirectSocket, direct_socket_of
from collab.hub import Hub
from collab.metrics import COUNTERS
from collab.reasons import count_reason
from collab.room import Room
from collab.session import Session

SUBPROTOCOL = "weft.1"
KNOCK_SECONDS = 2.0
"""y-websocket 1, 2 and the pre-releases of 4 take no close for final, and knock again 0.1 s after each. So a stock
client that is refused is kept at the door for a while."""


class SocketTransport:
    def __init__(self, send: Any, direct: DirectSocket | None) -> None:
        self._send = send
        self._direct = direct
        self.send_now: Callable[[bytes], bool] = _never if direct is None else direct.write

    def send(self, frame: bytes) -> Coroutine[Any, Any, None]:
        sending: Coroutine[Any, Any, None] = self._send({"type": "websocket.send", "bytes": frame})
        return sending

    async def close(self, reason: Closing) -> None:
        await self._send({"type": "websocket.close", "code": reason.code, "reason": reason.reason})

    def abort(self) -> None:
        """ASGI's close waits for a buffer that a stalled peer never empties."""
        if self._direct is not None:
            self._direct.abort()

    def unsent(self) -> int:
        return 0 if self._direct is None else self._direct.unsent()


def _never(frame: bytes) -> bool:
    return False


class DocumentConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    channel_layer_alias = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        hub: Hub = scope["hub"]
        offered = scope.get("subprotocols", ())
        ours = SUBPROTOCOL in offered
        others = [name for name in offered if name.startswith("weft.")]
        await receive()  # websocket.connect
        # Accept, then close with a reason: a close before the accept is a bare 403, and browsers see no more than 1006.
        # One that was offered, too: browsers don't open a socket whose server speaks none of what they ask for.
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if ours else next(iter(others), None)})
        direct = direct_socket_of(scope)
        transport = SocketTransport(send, direct)
        if others and not ours:
            COUNTERS[f"refused_{closing.OUT_OF_DATE.code}"] += 1
            await transport.close(closing.OUT_OF_DATE)
            await _until_closed(receive)
            return
        document_id: UUID = scope["url_route"]["kwargs"]["document_id"]
        try:
            room, session = await admit(hub, scope, document_id, transport, dialect=WEFT if ours else Y_WEBSOCKET)
        except Refused as refused:
            COUNTERS[f"refused_{refused.reason.code}"] += 1
            if not ours and refused.reason.code in closing.FINAL:
                await _until_closed(receive, KNOCK_SECONDS)
            await transport.close(refused.reason)
            await _until_closed(receive)
            return
        COUNTERS["joined_websocket"] += 1
        count_reason(scope)
        try:
            await _serve(room, session, receive, direct)
        finally:
            # Not in a disconnect handler: when the peer vanishes while something is sent, none is called.
            hub.leave(room, session)
            if direct is not None:
                direct.taker = None


async def _serve(room: Room, session: Session, receive: Any, direct: DirectSocket | None) -> None:
    busy = False

    def take(frame: bytes) -> bool:
        return not busy and session.closing is None and intake.take(room, session, frame)

    if direct is not None:
        direct.taker = take
    while True:
        event = await receive()
        if event["type"] != "websocket.receive":
            return
        busy = True
        frame = event.get("bytes")
        if frame is None:
            session.close(closing.malformed("text frame"))
        elif session.closing is None:
            await intake.receive(room, session, frame)
        busy = False


async def _until_closed(receive: Any, seconds: float = 5.0) -> None:
    """Wait for the peer's close, at most so long: after our close frame, so that it is read before the connection
    goes."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "websocket.disconnect":
                pass
    except TimeoutError:
        pass


class UnknownSocket(AsyncConsumer):  # type: ignore[misc]
    """Every other path: closed as not found. Channels would answer with a 500."""

    channel_layer_alias = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await turn_away(closing.GONE, receive, send)


async def turn_away(reason: Closing, receive: Any, send: Any) -> None:
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    await SocketTransport(send, None).close(reason)
    await _until_closed(receive)
