"""A person's browser, as far as the sync protocol goes: it comes back by itself, and remembers what it was promised.

`Client` is what every kind can do, whatever carries it; here is the kind that speaks over a socket, and
`http_clients.py` has those without. All of them talk to a real server. Edits made while disconnected are kept, and go
out with the next sync, as our provider does it.
"""

import asyncio
import contextlib
import json
import random
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

from pycrdt import Doc, Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from collab.protocol import guard
from collab.protocol.lib0 import read_varbytes, read_varuint, varbytes, varuint

FINAL = range(4400, 4500)


class Client(ABC):
    """What a test does with a client: `type`, `move`, and look at what it has seen and been told.

    A kind says how one connection goes from beginning to end (`_connection`), and how an edit and a caret leave.
    """

    acknowledges: ClassVar[bool] = True
    """It is told what is saved."""

    def __init__(
        self,
        url: str,
        document: str,
        token: str = "",
        *,
        seed: int = 0,
        headers: dict[str, str] | None = None,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self.url, self.document = url, document
        self.headers = {"Authorization": f"Bearer {token}"} if headers is None else headers
        self.trusted = trusted
        self.random = random.Random(seed)
        self.doc: Doc[Any] = Doc()
        self.body = self.doc.get("text", type=Text)
        self.edits: list[bytes] = []
        """Everything typed here, in order."""
        self.saved: set[int] = set()
        """Indices of `edits` that the server said are saved."""
        self.states: dict[int, dict[str, Any] | None] = {}
        self.notices: list[dict[str, Any]] = []
        self.cursor = (0, 0)
        self.closed: tuple[int, str] | None = None
        """The close code that ended it for good."""
        self.codes: list[int] = []
        self.connections = 0
        """How often it had to sync or to resume."""
        self.synced = asyncio.Event()
        self.on_update: Callable[[], None] = lambda: None
        self._running: asyncio.Task[None] | None = None

    @property
    @abstractmethod
    def local_port(self) -> int:
        """Of the connection by which it hears."""

    @abstractmethod
    async def _connection(self) -> None:
        """Connect, set `synced`, take what comes, until it ends; then `_ended`, or an error."""

    @abstractmethod
    async def _send_edit(self, number: int) -> None:
        """`edits[number]` was typed just now; if it can't leave, the next connection must take it along."""

    @abstractmethod
    async def _send_awareness(self, payload: bytes) -> None: ...

    @property
    def how_it_is(self) -> str:
        """For who asks why nothing comes any more."""
        ended = self._running is not None and self._running.done() and not self._running.cancelled()
        fault = self._running.exception() if ended and self._running is not None else None
        return f"at {self.cursor}, connection {self.connections}, codes {self.codes}" + (
            f", its task has ended: {fault!r}" if ended else ""
        )

    async def start(self) -> Self:
        self._running = asyncio.create_task(self._run())
        return self

    async def opened(self) -> Self:
        await self.start()
        await until(lambda: self.synced.is_set() or self.closed is not None)
        return self

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await let_sockets_close()

    @property
    def text(self) -> str:
        return str(self.body)

    @property
    def all_saved(self) -> bool:
        return len(self.saved) == len(self.edits)

    async def type(self, text: str, at: int | None = None) -> None:
        before = self.doc.get_state()
        self.body.insert(len(self.text.encode()) if at is None else at, text)
        update = self.doc.get_update(before)
        self.edits.append(update)
        await self._send_edit(len(self.edits) - 1)

    async def move(self, client_id: int, clock: int, state: dict[str, Any] | None) -> None:
        entry = varuint(1) + varuint(client_id) + varuint(clock) + varbytes(json.dumps(state).encode())
        await self._send_awareness(entry)

    def may_type(self) -> bool:
        """As the server said last."""
        return bool([notice["may_edit"] for notice in self.notices if "may_edit" in notice][-1])

    async def _run(self) -> None:
        while True:
            try:
                await self._connection()
            except (OSError, EOFError, WebSocketException, TimeoutError):
                pass
            finally:
                self.synced.clear()
            if self.closed is not None:
                return
            await asyncio.sleep(self.random.random() * 0.3)

    def _ended(self, code: int, reason: str) -> None:
        self.codes.append(code)
        if code in FINAL:
            self.closed = (code, reason)

    def _take_update(self, update: bytes) -> None:
        self.doc.apply_update(update)
        self.on_update()

    def _take_awareness(self, payload: bytes) -> None:
        for client_id, _, state in guard.scan_awareness(payload):
            self.states[client_id] = None if state is None else json.loads(state)


class SocketClient(Client):
    """Over a WebSocket, by `weft.1`."""

    subprotocols: ClassVar[Any] = ["weft.1"]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.frames_heard: list[bytes] = []
        """Of the short ones, those that may be heartbeats."""
        self._socket: ClientConnection | None = None
        self._frames: list[set[int]] = []

    @property
    def local_port(self) -> int:
        assert self._socket is not None
        return int(self._socket.local_address[1])

    async def send(self, frame: bytes) -> None:
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(frame)

    async def _send_edit(self, number: int) -> None:
        if self._socket is not None and self.synced.is_set():
            self._frames.append({number})
            await self.send(b"\x00\x02" + varbytes(self.edits[number]))

    async def _send_awareness(self, payload: bytes) -> None:
        await self.send(b"\x01" + varbytes(payload))

    async def _connection(self) -> None:
        try:
            await self._connected()
        finally:
            self._socket, self._frames = None, []

    async def _connected(self) -> None:
        async with connect(
            f"{self.url.replace('http', 'ws', 1)}/ws/y/{self.document}",
            additional_headers=self.headers,
            subprotocols=self.subprotocols,
            ssl=self.trusted,
            max_size=None,
            open_timeout=5,
            close_timeout=1,
        ) as socket:
            self.connections += 1
            self._socket = socket
            await socket.send(b"\x00\x00" + varbytes(self.doc.get_state()))
            try:
                async for frame in socket:
                    assert isinstance(frame, bytes)
                    await self._take(frame)
            except ConnectionClosed:
                pass
            self._ended(socket.close_code or 1006, socket.close_reason or "")

    async def _take(self, frame: bytes) -> None:
        kind = frame[0]
        if len(frame) <= 3:
            self.frames_heard.append(frame)
        if kind == 0:
            payload, _ = read_varbytes(frame, 2)
            if frame[1] == 0:
                # The answer holds every edit that isn't saved yet, so one ack covers them all.
                self._frames.append(set(range(len(self.edits))) - self.saved)
                self.synced.set()
                await self.send(b"\x00\x01" + varbytes(self.doc.get_update(payload)))
            else:
                self._take_update(payload)
        elif kind == 1:
            self._take_awareness(read_varbytes(frame, 1)[0])
        elif kind == 4:
            for frame_edits in self._frames[: read_varuint(frame, 1)[0]]:
                self.saved |= frame_edits
        elif kind == 5:
            epoch, at = read_varuint(frame, 1)
            self.cursor = (epoch, read_varuint(frame, at)[0])
        elif kind == 6:
            self.notices.append(json.loads(read_varbytes(frame, 1)[0]))


class StockClient(SocketClient):
    """As y-websocket does it: the same messages, and neither acks nor numbers."""

    acknowledges = False
    subprotocols = None


async def let_sockets_close() -> None:
    """asyncio closes a socket a turn of its loop after it was told to. A loop that ends before leaves it to the garbage
    collector, which complains in some later test."""
    for _ in range(3):
        await asyncio.sleep(0)


async def until(question: Callable[[], object], seconds: float = 30.0, what: str = "") -> None:
    """Wait for a condition, which the clients' tasks bring about."""
    try:
        async with asyncio.timeout(seconds):
            while not question():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"still not after {seconds:g} s: {what or question}") from None
