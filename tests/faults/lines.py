"""The network between a client and the server: a TCP proxy of the tests' own that passes bytes on, until told to cut,
to hold, to delay or to throttle them.

It lives on the event loop of the test. Bytes are never lost or swapped: TCP promises that, and what a network takes
away is the connection.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

CHUNK = 65_536


class Line:
    """One listening port before one server. `url` is where the client believes the server to be."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._pipes: set[_Pipe] = set()
        self._listener: asyncio.Server | None = None
        self._port = 0
        self.cuts = 0
        self.delay = 0.0
        """Seconds before bytes are passed on, each way."""
        self.rate = 0.0
        """Bytes a second to the client; 0 for as many as come."""
        self.narrow = False
        """Next to no buffers towards the server, which so notices at once that the client doesn't read."""
        self.holds_to_client = False
        self.holds_to_server = False
        """Bytes of that direction wait here, and the connection stays up."""
        self.refuses: Callable[[bytes], bytes | None] = lambda request: None
        """Given a connection's first bytes, what to answer instead of passing them on; b"" to answer nothing."""
        self.swallows: Callable[[bytes], bool] = lambda request: False
        """Given a connection's first bytes: everything after the server's first answer disappears."""
        self.gathers: Callable[[bytes], bool] = lambda request: False
        """Given a connection's first bytes: the answer is kept until it has ended, as a proxy that buffers does."""
        self.idle = 0.0
        """Seconds of silence after which a connection is cut; 0 for never."""

    async def open(self) -> Line:
        await self._listen()
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def connections(self) -> int:
        return len(self._pipes)

    async def cut(self) -> None:
        """Pull the plug: connections end, new ones are refused."""
        self.cuts += 1
        self._stop_listening()
        self.sever()

    def sever(self) -> None:
        """End the connections there are."""
        for pipe in list(self._pipes):
            pipe.end()

    async def mend(self) -> None:
        self.holds_to_client = self.holds_to_server = False
        for pipe in list(self._pipes):
            pipe.flow()
        if self._listener is None:
            await self._listen()

    def release(self) -> None:
        """What was held goes on."""
        self.holds_to_client = self.holds_to_server = False
        for pipe in list(self._pipes):
            pipe.flow()

    def hold(self, *, to_client: bool = True, to_server: bool = True) -> None:
        self.holds_to_client, self.holds_to_server = to_client, to_server
        for pipe in list(self._pipes):
            pipe.flow()

    async def close(self) -> None:
        self._stop_listening()
        self.sever()
        await asyncio.sleep(0)

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _listen(self) -> None:
        host, _, port = self._server.removeprefix("http://").rpartition(":")
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: _Pipe(self, host, int(port)), "127.0.0.1", self._port, reuse_address=True, backlog=512
        )
        self._port = self._listener.sockets[0].getsockname()[1]

    def _opened(self, pipe: _Pipe) -> None:
        self._pipes.add(pipe)

    def _ended(self, pipe: _Pipe) -> None:
        self._pipes.discard(pipe)


class _Pipe(asyncio.Protocol):
    """One connection of a client, and ours to the server for it."""

    def __init__(self, line: Line, host: str, port: int) -> None:
        self.line, self._host, self._port = line, host, port
        self.client: asyncio.Transport | None = None
        self.server: asyncio.Transport | None = None
        self._first: bytes | None = None
        self._to_server = _Way(self, lambda: self.server, lambda: line.holds_to_server, limited=False)
        self._to_client = _Way(self, lambda: self.client, lambda: line.holds_to_client, limited=True)
        self._dialling: asyncio.Task[None] | None = None
        self._swallows = self._gathers = False
        self._answered = False
        self._gathered = b""
        self._heard = 0.0
        self._watch: asyncio.TimerHandle | None = None

    # --- the client's side ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.client = transport
        self.line._opened(self)
        self._dialling = asyncio.get_running_loop().create_task(self._dial())
        self.stirred()

    def data_received(self, data: bytes) -> None:
        self.stirred()
        if self._first is None:
            self._first = data
            if (answer := self.line.refuses(data)) is not None:
                if answer and self.client is not None:
                    self.client.write(answer)
                    self.client.close()
                return
            self._swallows, self._gathers = self.line.swallows(data), self.line.gathers(data)
        if not (self._swallows and self._answered):
            self._to_server.take(data)

    def connection_lost(self, fault: Exception | None) -> None:
        self.end()

    # --- the server's side ---

    async def _dial(self) -> None:
        loop, server = asyncio.get_running_loop(), socket.socket()
        server.setblocking(False)
        if self.line.narrow:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            await loop.sock_connect(server, (self._host, self._port))
            transport, _ = await loop.create_connection(lambda: _Upstream(self), sock=server)
        except asyncio.CancelledError:
            server.close()
            raise
        except OSError:
            server.close()
            self.end()
            return
        self.server = transport
        if self.client is None or self.client.is_closing():
            self.end()
            return
        self.flow()

    def answered(self, data: bytes) -> None:
        self.stirred()
        if self._swallows and self._answered:
            return
        self._answered = True
        if self._gathers:
            self._gathered += data
        else:
            self._to_client.take(data)

    def server_left(self) -> None:
        if self._gathers and self.client is not None:
            self.client.write(self._gathered)
        self._to_client.finish()

    # --- both ---

    def flow(self) -> None:
        self._to_server.flow()
        self._to_client.flow()

    def stirred(self) -> None:
        if not self.line.idle:
            return
        if self._watch is not None:
            self._watch.cancel()
        self._watch = asyncio.get_running_loop().call_later(self.line.idle, self.end)

    def end(self) -> None:
        self.line._ended(self)
        for handle in (self._dialling, self._watch):
            if handle is not None:
                handle.cancel()
        for transport in (self.client, self.server):
            if transport is not None:
                transport.abort()


class _Upstream(asyncio.Protocol):
    def __init__(self, pipe: _Pipe) -> None:
        self._pipe = pipe

    def data_received(self, data: bytes) -> None:
        self._pipe.answered(data)

    def connection_lost(self, fault: Exception | None) -> None:
        self._pipe.server_left()


class _Way:
    """One direction: what came and may not go on yet. A reader that is slow slows the sender, as TCP does."""

    def __init__(
        self, pipe: _Pipe, target: Callable[[], asyncio.Transport | None], held: Callable[[], bool], *, limited: bool
    ) -> None:
        self._pipe, self._target, self._held, self._limited = pipe, target, held, limited
        self._waiting = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._finished = False

    def take(self, data: bytes) -> None:
        delay = self._pipe.line.delay
        if delay:
            asyncio.get_running_loop().call_later(delay, self._arrive, data)
        else:
            self._arrive(data)

    def finish(self) -> None:
        """The sender has hung up: when all has gone on, so do we."""
        self._finished = True
        self.flow()

    def flow(self) -> None:
        target = self._target()
        if target is None or self._timer is not None:
            return
        if self._waiting and not self._held() and not target.is_closing():
            rate = self._pipe.line.rate if self._limited else 0.0
            piece = min(len(self._waiting), max(1, int(rate * 0.05))) if rate else len(self._waiting)
            target.write(bytes(self._waiting[:piece]))
            del self._waiting[:piece]
            if rate:
                self._timer = asyncio.get_running_loop().call_later(0.05, self._again)
        self._slow_down()
        if self._finished and not self._waiting:
            target.close()

    def _arrive(self, data: bytes) -> None:
        self._waiting += data
        self.flow()

    def _again(self) -> None:
        self._timer = None
        self.flow()

    def _slow_down(self) -> None:
        source = self._pipe.server if self._limited else self._pipe.client
        if source is None or source.is_closing():
            return
        if len(self._waiting) > CHUNK:
            source.pause_reading()
        else:
            source.resume_reading()
