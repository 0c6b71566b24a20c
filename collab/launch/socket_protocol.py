"""uvicorn's WebSocket protocol, except for two things. Messages over the limit are refused with our close code, or cut
off where a close would bring them back for ever. And a consumer that asks for it (`collab.direct_socket`) gets a
shorter way for the messages that nearly all are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import PayloadTooBig
from websockets.frames import CloseCode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from collab import closing
from collab.direct_socket import DIRECT_SOCKET, unsent_by
from collab.launch.frames import framed, header, whole_messages
from collab.metrics import COUNTERS

WRITTEN_APART = 65_536
"""A longer message is not copied behind its header."""

CUTS = frozenset({"/ws/hocuspocus"})
"""Paths whose clients answer every close by sending the same again, and whose consumer can refuse a message by its
beginning."""
HEAD_BYTES = 1_024

# The peer has sent the rest once it is silent for the one; after the other it has had its time.
QUIET_SECONDS = 0.5
DROPPING_SECONDS = 10.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """Such a message is refused by its header, and nothing of it is kept. But its bytes are under way, and a connection
    closed over unread bytes is reset, which a browser reports as 1006 and answers by sending the same again. So the
    rest is read and dropped before the connection ends."""

    _drops_until: float | None = None
    _flows = True
    _unsent_at_ping = 0
    taker: Callable[[bytes], bool] | None = None
    """Offered each message as it comes in; False: it goes the usual way, through ASGI. That way costs each an event, a
    task's turn, and two system calls to pause and resume reading."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = self._frames = _Frames(max_size=self.config.ws_max_size, logger=logging.getLogger("uvicorn.error"))

    def handle_connect(self, event: Request) -> None:
        if event.path.partition("?")[0] in CUTS:
            self._frames.reader.cut_above(self.config.ws_max_size)
        super().handle_connect(event)
        if self.handshake_initiated and not self.handshake_complete:
            extensions: dict[Any, Any] = self.scope["extensions"]
            extensions[DIRECT_SOCKET] = self

    def write(self, message: bytes) -> bool:
        """Sends a binary message now. False: it can't, because the peer is slow or gone; ASGI's `send` waits, or says
        so. Not for use while such a `send` is waiting: it would overtake."""
        if not self._flows or self.close_sent or self.disconnected or self.transport.is_closing():
            return False
        if len(message) < WRITTEN_APART:
            self.transport.write(framed(message))
        else:
            self.transport.write(header(len(message)))
            self.transport.write(message)
        return True

    def pause_writing(self) -> None:
        self._flows = False
        super().pause_writing()

    def resume_writing(self) -> None:
        self._flows = True
        super().resume_writing()

    def abort(self) -> None:
        self.transport.abort()

    def unsent(self) -> int:
        return unsent_by(self.transport)

    def send_keepalive_ping(self) -> None:
        super().send_keepalive_ping()
        self._unsent_at_ping = self.unsent()

    def keepalive_timeout(self) -> None:
        """The ping waits behind all that was written before it, which may be a whole document. As long as that goes
        on, the peer is there."""
        before, self._unsent_at_ping = self._unsent_at_ping, self.unsent()
        if self._unsent_at_ping < before and self.ping_timeout is not None:
            self.pong_timer = self.loop.call_later(self.ping_timeout, self.keepalive_timeout)
            return
        super().keepalive_timeout()
        self.disconnected = True
        # uvicorn closes, which is to wait for what the peer never reads.
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._drops_until is not None:
            self._close_when_quiet(self._drops_until)
            return
        if self.taker is not None and self._between_messages:
            found, rest = whole_messages(data, self.config.ws_max_size)
            for number, message in enumerate(found):
                # What isn't taken is queued, so what follows it must queue too.
                if self.close_sent or not self._take(message):
                    for later in found[number:]:
                        self._hand_over(later)
                    break
            if rest == len(data):
                return
            data = data[rest:]
        super().data_received(data)

    @property
    def _between_messages(self) -> bool:
        return self._frames.reader.at_header and not self._frames.expect_continuation_frame

    def _take(self, message: bytes) -> bool:
        return self.taker is not None and self.queue.empty() and self.taker(message)

    def _hand_over(self, message: bytes) -> None:
        self.curr_msg_data_type = "bytes"
        self.frames = [message]
        self.send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        if not isinstance(self.conn.parser_exc, PayloadTooBig):
            super().handle_parser_exception()
            # Who sends to it before its consumer has heard of the end would get a RuntimeError, as for a fault of ours.
            self.disconnected = True
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
    @property
    def reader(self) -> CuttingReader:
        return self._reader

    @reader.setter
    def reader(self, _: StreamReader) -> None:
        # The base class makes its own and starts to parse at once; from here on it is too late for another.
        self._reader = CuttingReader()

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        if code == CloseCode.MESSAGE_TOO_BIG:
            code, reason = closing.TOO_LARGE.code, closing.TOO_LARGE.reason
        super().fail(code, reason)


class CuttingReader(StreamReader):
    """Knows where in a frame the parser is. And once told so, hands it no more than the beginning of a message over the
    limit.

    It follows what the parser asks for (two bytes of header, a longer length, the mask, the payload), and where a frame
    would exceed the limit, it writes a smaller length into the header and drops the rest of the payload as it comes.
    """

    _limit: int | None = None
    _asked = "header"
    _length = _rest = _message = 0
    _ends_message = False

    def cut_above(self, limit: int) -> None:
        self._limit = limit

    @property
    def at_header(self) -> bool:
        """The next byte to come begins a frame."""
        return self._asked == "header" and not self.buffer

    def read_exact(self, n: int) -> Generator[None, None, bytearray]:
        data = yield from super().read_exact(n)
        if self._asked == "header":
            is_control, self._ends_message = bool(data[0] & 0x08), bool(data[0] & 0x80)
            self._length = data[1] & 0x7F
            if is_control:
                self._ends_message = False
            if self._length > 125:
                self._asked = "length"
            else:
                self._asked = "mask"
                if not is_control:
                    data[1] = data[1] & 0x80 | self._cut()
        elif self._asked == "length":
            self._length = int.from_bytes(data)
            self._asked = "mask"
            data = bytearray(self._cut().to_bytes(n))
        elif self._asked == "mask":
            self._asked = "payload"
        else:
            while self._rest:
                self._rest -= len((yield from super().read_exact(min(self._rest, 65_536))))
            self._asked = "header"
            if self._ends_message:
                self._message = 0
        return data

    def _cut(self) -> int:
        """How much of the frame whose length was just read is kept."""
        kept = self._length
        if self._limit is not None and self._message + self._length > self._limit:
            COUNTERS["refused_frame_size"] += 1
            kept = HEAD_BYTES if self._message == 0 else 0
        self._rest = self._length - kept
        self._message += self._length
        return kept
