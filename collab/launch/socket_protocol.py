"""uvicorn's WebSocket protocol, except that a message over the limit is refused with our close code."""

from __future__ import annotations

import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import PayloadTooBig
from websockets.frames import CloseCode
from websockets.server import ServerProtocol

from collab import closing
from collab.metrics import COUNTERS

# The peer has sent the rest once it is silent for the one; after the other it has had its time.
QUIET_SECONDS = 0.5
DROPPING_SECONDS = 10.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """Such a message is refused by its header, and nothing of it is kept. But its bytes are under way, and a connection
    closed over unread bytes is reset, which a browser reports as 1006 and answers by sending the same again. So the
    rest is read and dropped before the connection ends."""

    _drops_until: float | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Frames(max_size=self.config.ws_max_size, logger=logging.getLogger("uvicorn.error"))

    def data_received(self, data: bytes) -> None:
        if self._drops_until is None:
            super().data_received(data)
        else:
            self._close_when_quiet(self._drops_until)

    def handle_parser_exception(self) -> None:
        if not isinstance(self.conn.parser_exc, PayloadTooBig):
            super().handle_parser_exception()
            return
        self._drops_until = self.loop.time() + DROPPING_SECONDS
        if not self.close_sent:
            COUNTERS["refused_frame_size"] += 1
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": closing.TOO_LARGE.code})
            self.transport.write(b"".join(self.conn.data_to_send()))
        self.disconnected = True
        self.stop_keepalive()
        self.transport.resume_reading()
        self._close_when_quiet(self._drops_until)

    def _close_when_quiet(self, at_the_latest: float) -> None:
        if self.close_timer is not None:
            self.close_timer.cancel()
        at = min(self.loop.time() + QUIET_SECONDS, at_the_latest)
        self.close_timer = self.loop.call_at(at, self.transport.close)


class _Frames(ServerProtocol):
    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        if code == CloseCode.MESSAGE_TOO_BIG:
            code, reason = closing.TOO_LARGE.code, closing.TOO_LARGE.reason
        super().fail(code, reason)
