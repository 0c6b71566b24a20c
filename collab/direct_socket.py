"""What a server can do with a WebSocket that ASGI has no words for."""

import asyncio
import contextlib
import fcntl
import sys
import termios
from collections.abc import Callable
from typing import Any, Protocol

DIRECT_SOCKET = "weft.socket"
"""The name of a `DirectSocket` among a scope's extensions."""


class DirectSocket(Protocol):
    """The connection itself, lent to the consumer by our server (`collab.launch.socket_protocol`). Under another one a
    message costs more, and a stalled peer is left to TCP's own timeouts."""

    taker: Callable[[bytes], bool] | None
    """Offered each message as it comes in. False: it goes the usual way."""

    def write(self, message: bytes) -> bool:
        """Send a binary message now. False: it can't, because the peer is slow or gone; ASGI's `send` waits, or says
        so."""

    def abort(self) -> None:
        """End the connection without waiting for what the peer never reads."""

    def unsent(self) -> int:
        """See `unsent_by`."""


def direct_socket_of(scope: Any) -> DirectSocket | None:
    direct: DirectSocket | None = scope.get("extensions", {}).get(DIRECT_SOCKET)
    return direct


def unsent_by(transport: asyncio.Transport) -> int:
    """Bytes that were written and haven't reached the peer: those that wait here, and, where it tells, in the kernel.
    Its buffer takes megabytes at once, and nothing more before a third of them has gone."""
    waiting = transport.get_write_buffer_size()
    socket = transport.get_extra_info("socket")
    if socket is not None:
        with contextlib.suppress(OSError):
            waiting += int.from_bytes(fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    return waiting
