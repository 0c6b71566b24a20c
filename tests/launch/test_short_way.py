"""The short way of messages past ASGI: whatever mixture of frames comes in, in whatever pieces, an application that
takes them by it reads the same as one that doesn't; and what it writes are the frames that the library would write."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from collab.direct_socket import DIRECT_SOCKET
from collab.launch.frames import framed, header, whole_messages
from collab.launch.socket_protocol import SocketProtocol

LIMIT = 200_000
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
payloads = st.one_of(st.binary(max_size=130), st.sampled_from([125, 126, 65_535, 65_536, 70_000]).map(bytes))


class Peer(asyncio.Transport):
    """The other end of the connection, in memory."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.received = b""
        self.closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.received += bytes(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Socket:
    def __init__(self, *, short: bool, refuses: Callable[[int], bool] = lambda number: False) -> None:
        self.read: list[bytes] = []
        self.taken = 0
        self._short, self._refuses = short, refuses
        config = uvicorn.Config(
            self._application,
            ws=SocketProtocol,
            ws_max_size=LIMIT,
            ws_ping_interval=None,
            interface="asgi3",
            log_config=None,
        )
        config.load()
        self.protocol = SocketProtocol(config, ServerState(), {})
        self.peer = Peer()
        self.protocol.connection_made(self.peer)
        self.ended = False

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        busy = False

        def take(message: bytes) -> bool:
            if busy or self._refuses(len(self.read)):
                return False
            self.read.append(message)
            self.taken += 1
            return True

        if self._short:
            scope["extensions"][DIRECT_SOCKET].taker = take
        while True:
            event = await receive()
            if event["type"] != "websocket.receive":
                self.ended = True
                return
            busy = True
            await asyncio.sleep(0)
            self.read.append(bytes(event["bytes"]))
            busy = False

    async def feed(self, data: bytes) -> None:
        self.protocol.data_received(data)
        for _ in range(5):
            await asyncio.sleep(0)


def frames_of(payload: bytes, kind: str) -> bytes:
    half = len(payload) // 2
    if kind == "pieces":
        parts = [Frame(Opcode.BINARY, payload[:half], fin=False), Frame(Opcode.CONT, payload[half:])]
    elif kind == "pinged":
        parts = [Frame(Opcode.PING, b"there?"), Frame(Opcode.BINARY, payload)]
    else:
        parts = [Frame(Opcode.BINARY, payload)]
    return b"".join(part.serialize(mask=True) for part in parts)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(payloads, st.sampled_from(["whole", "whole", "pieces", "pinged"])), max_size=8),
    st.sampled_from([1_000_000, 9_001, 31]),
    st.integers(2, 5),
)
def test_both_ways_read_the_same_messages(said: list[tuple[bytes, str]], step: int, refused: int) -> None:
    stream = b"".join(frames_of(payload, kind) for payload, kind in said)

    async def read(**how: Any) -> Socket:
        socket = Socket(**how)
        await socket.feed(HANDSHAKE)
        for at in range(0, len(stream), step):
            await socket.feed(stream[at : at + step])
        for _ in range(20):
            await asyncio.sleep(0)
        return socket

    async def both() -> tuple[Socket, Socket, Socket]:
        fickle = await read(short=True, refuses=lambda number: number % refused == 0)
        return await read(short=False), await read(short=True), fickle

    long, short, fickle = asyncio.run(both())
    assert long.read == short.read == fickle.read == [payload for payload, _ in said]
    assert long.taken == 0
    if step == 1_000_000 and all(kind == "whole" and len(payload) < 65_536 for payload, kind in said):
        assert short.taken == len(said)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_a_message_is_written_as_the_library_would(size: int) -> None:
    message = bytes(size)
    expected = Frame(Opcode.BINARY, message).serialize(mask=False)
    assert framed(message) == framed(message) == expected == header(size) + message

    async def written() -> bytes:
        socket = Socket(short=True)
        await socket.feed(HANDSHAKE)
        socket.peer.received = b""
        assert socket.protocol.write(message)
        return socket.peer.received

    assert asyncio.run(written()) == expected


async def test_nothing_is_written_to_a_peer_that_is_slow_or_leaving() -> None:
    socket = Socket(short=True)
    await socket.feed(HANDSHAKE)
    socket.peer.received = b""
    socket.protocol.pause_writing()
    assert not socket.protocol.write(b"later")
    socket.protocol.resume_writing()
    assert socket.protocol.write(b"now")
    socket.peer.closing = True
    assert not socket.protocol.write(b"never")
    assert socket.peer.received == framed(b"now")


async def test_a_close_ends_both_ways() -> None:
    socket = Socket(short=True)
    await socket.feed(HANDSHAKE)
    await socket.feed(frames_of(b"one", "whole") + Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
    assert socket.ended
    assert socket.read == [b"one"]
    assert not socket.protocol.write(b"too late")


@given(st.binary(max_size=60))
def test_whatever_bytes_come_only_whole_messages_are_read(data: bytes) -> None:
    """What they are is what the library reads there, and it goes on where these stop."""
    found, rest = whole_messages(data, LIMIT)
    reader = StreamReader()
    reader.feed_data(data[:rest])
    for message in found:
        parser = Frame.parse(reader.read_exact, mask=True)
        with pytest.raises(StopIteration) as parsed:
            next(parser)
        frame = parsed.value.value
        assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.BINARY, True, message)
    assert not reader.buffer
