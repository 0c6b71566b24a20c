"""Sockets whose peers read slowly, or not at all, or send what is no WebSocket: over real connections. Who reads is
waited for as long as it takes; who doesn't is let go; and nobody is a fault of ours."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from collab.direct_socket import DIRECT_SOCKET
from collab.launch.socket_protocol import SocketProtocol
from collab.outbox import Outbox
from collab.transports.websocket import SocketTransport
from tests.collab.network import until

DOCUMENT = bytes(12_000_000)
"""More than the kernel's buffers take."""


class Served:
    """One connection, with what its room would do: a document, and something behind it."""

    def __init__(self, said: tuple[bytes, ...]) -> None:
        self.said = said
        self.took: list[bytes] = []
        self.faults: list[Exception] = []
        self.stuck = self.ended = False
        self.outbox: Outbox | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        direct = scope["extensions"][DIRECT_SOCKET]
        transport = SocketTransport(send, direct)

        def give_up() -> None:
            self.stuck = True
            transport.abort()

        self.outbox = Outbox(transport, fell_behind=lambda: None, stuck=give_up)
        direct.taker = self._take
        for frame in self.said:
            self.outbox.put(frame)
        while (await receive())["type"] == "websocket.receive":
            pass
        self.ended = True

    def _take(self, message: bytes) -> bool:
        self.took.append(message)
        asyncio.get_running_loop().call_soon(self._answer)  # at the end of the loop's turn, as a commit does
        return True

    def _answer(self) -> None:
        assert self.outbox is not None
        try:
            self.outbox.put(b"ack")
        except Exception as fault:
            self.faults.append(fault)


class Peer:
    def __init__(self, port: int) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self.socket.setblocking(False)
        self.frames: list[bytes] = []
        self._port = port
        self._protocol = ClientProtocol(parse_uri("ws://127.0.0.1/"), max_size=None)

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self.socket, ("127.0.0.1", self._port))
        self._protocol.send_request(self._protocol.connect())
        await self._answer()
        await self._read(4_096)

    async def read(self, until_said: bytes, *, a_second: int) -> None:
        """So many bytes a second, until this frame comes."""
        while until_said not in self.frames:
            size = await self._read(a_second // 20)
            await asyncio.sleep(size / a_second)

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def _read(self, most: int) -> int:
        data = await asyncio.get_running_loop().sock_recv(self.socket, most)
        if not data:
            raise EOFError
        self._protocol.receive_data(data)
        self.frames += [bytes(event.data) for event in self._protocol.events_received() if isinstance(event, Frame)]
        await self._answer()
        return len(data)

    async def _answer(self) -> None:
        """Also pings are answered so, as soon as they are read."""
        for data in self._protocol.data_to_send():
            await self.send(data)


Connect = Callable[..., Awaitable[tuple[Served, Peer]]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    opened: list[tuple[asyncio.Server, Peer]] = []

    async def connect(*said: bytes, ping: float | None = None, patience: float = 20) -> tuple[Served, Peer]:
        served = Served(said)
        config = uvicorn.Config(
            served,
            ws=SocketProtocol,
            ws_ping_interval=ping,
            ws_ping_timeout=patience,
            interface="asgi3",
            log_config=None,
        )
        config.load()
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: SocketProtocol(config, state, {}), "127.0.0.1", 0
        )
        peer = Peer(server.sockets[0].getsockname()[1])
        opened.append((server, peer))
        await peer.connect()
        return served, peer

    yield connect
    for server, peer in opened:
        peer.socket.close()
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[None]:
    object.__setattr__(settings.LIMITS, "send_deadline_seconds", seconds)
    try:
        yield
    finally:
        object.__setattr__(settings.LIMITS, "send_deadline_seconds", 10.0)


async def test_a_document_that_takes_long_on_a_slow_line_arrives(connect: Connect) -> None:
    async with deadline(0.5):
        served, peer = await connect(DOCUMENT, b"behind it")
        await peer.read(b"behind it", a_second=4_000_000)
    assert not served.stuck


async def test_who_reads_nothing_is_let_go(connect: Connect) -> None:
    async with deadline(0.3):
        served, _ = await connect(DOCUMENT, b"behind it")
        await until(lambda: served.stuck and served.ended)


async def test_a_ping_that_waits_behind_a_document_is_waited_for(connect: Connect) -> None:
    served, peer = await connect(DOCUMENT, b"behind it", ping=0.1, patience=0.5)
    await peer.read(b"behind it", a_second=4_000_000)
    assert not served.ended


async def test_who_answers_no_ping_is_gone_at_once_though_much_waits_for_it(connect: Connect) -> None:
    served, _ = await connect(DOCUMENT, ping=0.1, patience=0.2)
    await until(lambda: served.ended)


async def test_what_is_sent_behind_garbage_before_its_end_is_known_is_no_fault(connect: Connect) -> None:
    """Else it would seem to be the room's: once everybody in it was sent away when one sent an edit and garbage."""
    served, peer = await connect()
    await peer.send(Frame(Opcode.BINARY, b"edit").serialize(mask=True) + b"\xff\xff\xff\xff")
    await until(lambda: served.ended)
    assert served.took == [b"edit"]
    assert served.faults == []
