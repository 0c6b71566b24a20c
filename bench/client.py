"""A client of `weft.1` that costs as little as a client can, for the server is what is measured: frames over a bare
transport, nothing decoded but what it waits for, and no document.
"""

import asyncio
import base64
import time
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from collab.protocol.lib0 import read_varbytes, read_varuint, varbytes

NOTHING = b"\x00\x01\x02\x00\x00"
"""A SyncStep2 without content: what somebody answers who has nothing."""


class Client(asyncio.Protocol):
    def __init__(self, document: str, token: str, host: str, state_vector: bytes) -> None:
        key = base64.b64encode(bytes(16)).decode()
        self._hello = (
            f"GET /ws/y/{document} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: weft.1\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        ).encode()
        self._state_vector = state_vector
        self._buffer = bytearray()
        self._open = False
        self.synced = asyncio.Event()
        self.sent: list[float] = []
        """When each frame that is acknowledged left."""
        self.acks: list[float] = []
        """How long each took to be acknowledged."""
        self.acked = asyncio.Event()
        self.updates = 0
        self.bytes = 0
        self.on_update: Callable[[bytes], None] = lambda update: None

    @classmethod
    async def join(cls, url: str, document: str, token: str, state_vector: bytes = b"\x00") -> Self:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(
            lambda: cls(document, token, parts.netloc, state_vector), parts.hostname, parts.port
        )
        async with asyncio.timeout(120):
            await client.synced.wait()
        return client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if not self._open:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            assert buffer.startswith(b"HTTP/1.1 101"), bytes(buffer[:200])
            del buffer[: end + 4]
            self._open = True
            self._write(b"\x00\x00" + varbytes(self._state_vector))
        at = 0
        while len(buffer) - at >= 2:
            size, start = buffer[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(buffer[at + 2 : at + 4]), at + 4
            elif size == 127:
                size, start = int.from_bytes(buffer[at + 2 : at + 10]), at + 10
            if len(buffer) < start + size:
                break
            self._frame(buffer[at] & 15, bytes(buffer[start : start + size]))
            at = start + size
        del buffer[:at]

    def push(self, update: bytes) -> None:
        self._edit(b"\x00\x02" + varbytes(update))

    @property
    def waiting(self) -> int:
        return len(self.sent) - len(self.acks)

    async def leave(self) -> None:
        self.transport.close()
        await asyncio.sleep(0)

    def _edit(self, frame: bytes) -> None:
        self.sent.append(time.perf_counter())
        self._write(frame)

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self._write(payload, 10)
        if opcode != 2:
            return
        kind = payload[0]
        if kind == 4:
            now = time.perf_counter()
            acked, _ = read_varuint(payload, 1)
            self.acks += [now - began for began in self.sent[len(self.acks) : acked]]
            self.acked.set()
        elif kind == 0:
            if payload[1] == 0:
                self._edit(NOTHING)
                return
            update, _ = read_varbytes(payload, 2)
            self.bytes += len(update)
            if payload[1] == 1:
                self.synced.set()
            else:
                self.updates += 1
            self.on_update(update)

    def _write(self, payload: bytes, opcode: int = 2) -> None:
        size = len(payload)
        if size < 126:
            length = bytes((0x80 | size,))
        else:
            length = b"\xfe" + size.to_bytes(2) if size < 65_536 else b"\xff" + size.to_bytes(8)
        # Masked by zeros: the server unmasks as ever, and we save what it costs a browser.
        self.transport.write(bytes((0x80 | opcode,)) + length + bytes(4) + payload)
