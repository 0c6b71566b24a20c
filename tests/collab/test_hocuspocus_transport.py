"""One socket, many documents: its bounds, and sessions that come and go under one address."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from collab import admission, closing
from collab.direct_socket import DIRECT_SOCKET
from collab.hub import Hub
from collab.protocol import messages
from collab.protocol.hocuspocus import Writer, read_address
from collab.protocol.lib0 import varbytes
from collab.transports import hocuspocus
from collab.transports.hocuspocus import Connection, HocuspocusConsumer
from collab.transports.websocket import SocketTransport
from documents import merging
from documents.models import AccessToken, Document, Log, User
from tests.collab.network import Network, until
from tests.collab.protocol.samples import text, update

STEP1 = b"\x00\x00\x01\x00"
COMMITTED = Writer(b"").committed[1:]
TYPED = update(text("hi"))
STEP2 = b"\x00\x01\x02\x00\x00"


class Socket:
    """The provider's side of it. `lent`: the server lends its wire, as ours does."""

    taker: Callable[[bytes], bool] | None = None

    def __init__(self, hub: Hub, token: str, *, lent: bool) -> None:
        self.heard: list[bytes] = []
        self.code: int | None = None
        self.token = token
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._inbox.put_nowait({"type": "websocket.connect"})
        scope = {"hub": hub, "headers": [], "query_string": b"", "extensions": {DIRECT_SOCKET: self} if lent else {}}
        self._serving = asyncio.create_task(HocuspocusConsumer()(scope, self._inbox.get, self._send))

    async def _send(self, event: dict[str, Any]) -> None:
        if event["type"] == "websocket.send":
            self.heard.append(event["bytes"])
        elif event["type"] == "websocket.close":
            self.code = event["code"]

    def write(self, message: bytes) -> bool:
        self.heard.append(message)
        return True

    def abort(self) -> None:
        pass

    def unsent(self) -> int:
        return 0

    def say(self, document: object, payload: bytes) -> None:
        self._inbox.put_nowait({"type": "websocket.receive", "bytes": varbytes(str(document).encode()) + payload})

    def open(self, document: object) -> None:
        self.say(document, b"\x02\x00" + varbytes(self.token.encode()))
        self.say(document, STEP1)

    def of(self, document: object) -> list[bytes]:
        address = str(document).encode()
        frames = [(read_address(frame), frame) for frame in self.heard]
        return [frame[at:] for (spoken_under, at), frame in frames if spoken_under == address]

    async def until_said(self, document: object, payload: bytes) -> None:
        await until(lambda: payload in self.of(document))

    async def leave(self) -> None:
        self._inbox.put_nowait({"type": "websocket.disconnect"})
        await self._serving


READ_WRITE = Writer(b"").authenticated(True)[1:]


def denied(reason: str) -> bytes:
    return Writer(b"").denied(reason)[1:]


@pytest_asyncio.fixture(params=[True, False], ids=["lent", "asgi"])
async def socket(network: Network, request: pytest.FixtureRequest) -> AsyncIterator[Socket]:
    secret = AccessToken.generate()

    def make() -> None:
        user = User.objects.get(pk=network.users["ann"])
        AccessToken.objects.create(user=user, name="test", scope="write", digest=AccessToken.digest_of(secret))

    await sync_to_async(make)()
    socket = Socket(network.hubs[0], secret, lent=request.param)
    yield socket
    await socket.leave()


def limit(monkeypatch: pytest.MonkeyPatch, **limits: float) -> None:
    for module in (hocuspocus, admission):
        monkeypatch.setattr(module, "LIMITS", replace(module.LIMITS, **limits))


def another(network: Network) -> UUID:
    first = Document.objects.get(pk=network.document_id)
    document = Document.objects.create(workspace=first.workspace, title="Another")
    Log.objects.create(document=document)
    return document.pk


def sessions(network: Network) -> int:
    return sum(len(room.sessions) for room in network.hubs[0].rooms.values())


async def test_a_document_beyond_the_limit_is_refused_and_the_others_stay(
    network: Network, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, documents_per_socket=1)
    socket.open(network.document_id)
    await socket.until_said(network.document_id, READ_WRITE)
    more = await sync_to_async(another)(network)
    socket.open(more)
    await socket.until_said(more, denied("too many documents on one connection"))
    assert denied("too many documents on one connection") not in socket.of(network.document_id)
    socket.say(network.document_id, b"\x07")
    socket.open(more)
    await socket.until_said(more, READ_WRITE)


async def test_what_waits_for_admission_is_bounded(
    network: Network, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, waiting_bytes=100)
    socket.open(network.document_id)
    socket.say(network.document_id, messages.encode_awareness(b"x" * 200))
    await socket.until_said(network.document_id, denied("too large"))
    assert sessions(network) == 0
    socket.open(network.document_id)
    await socket.until_said(network.document_id, READ_WRITE)


async def test_an_edit_made_before_the_admission_is_counted_once_and_saved_with_the_sync(
    network: Network, socket: Socket
) -> None:
    document, typed = network.document_id, varbytes(TYPED)
    socket.open(document)
    socket.say(document, b"\x00\x02" + typed)
    await socket.until_said(document, STEP1)
    assert COMMITTED not in socket.of(document)
    socket.say(document, b"\x00\x01" + typed)
    await until(lambda: socket.of(document).count(COMMITTED) == 2)  # its SyncStep1's, and its edit's
    assert network.hubs[0].rooms[document].replica.head == 1


async def test_an_edit_that_waited_for_the_socket_is_not_counted_again(network: Network, socket: Socket) -> None:
    """@hocuspocus/provider 2 sends it after a SyncStep1 that has it already, and at which it forgot its count."""
    document, typed = network.document_id, varbytes(TYPED)
    socket.say(document, b"\x02\x00" + varbytes(socket.token.encode()))
    socket.say(document, b"\x00\x00" + varbytes(merging.state_vector(TYPED)))
    await socket.until_said(document, READ_WRITE)
    socket.say(document, b"\x00\x02" + typed)
    await until(lambda: network.hubs[0].rooms[document].replica.head == 1)
    assert COMMITTED not in socket.of(document)
    socket.say(document, b"\x00\x01" + typed)
    await socket.until_said(document, COMMITTED)
    socket.say(document, b"\x00\x02" + varbytes(update(text("ho"), client=2)))  # made since
    await until(lambda: socket.of(document).count(COMMITTED) == 2)


async def test_a_deletion_made_while_the_server_was_silent_is_counted(network: Network, socket: Socket) -> None:
    """What waits for the socket leaves at the first word from here. A deletion shows no clock to tell its age by."""
    document, deletion = network.document_id, b"\x00\x01\x01\x01\x00\x01"
    socket.open(document)
    socket.say(document, b"\x00\x02" + varbytes(deletion))
    await socket.until_said(document, STEP1)
    socket.say(document, b"\x00\x01" + varbytes(TYPED[:-1] + deletion[1:]))
    await until(lambda: socket.of(document).count(COMMITTED) == 2)  # its SyncStep1's, and its deletion's


async def test_a_socket_that_asks_for_no_document_in_time_is_closed(
    network: Network, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    await socket.leave()
    limit(monkeypatch, handshake_seconds=0.05)
    idle = Socket(network.hubs[0], socket.token, lent=True)
    idle.open(uuid4())
    await until(lambda: idle.code == closing.IDLE.code)
    await idle.leave()


async def test_who_is_refused_in_a_crowd_comes_in_when_somebody_left(
    network: Network, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hocuspocus, "WAIT_FIRST", 0.01)
    limit(monkeypatch, sockets_per_document=1)
    ben = await network.join("ben")
    socket.open(network.document_id)
    await asyncio.sleep(0.05)  # refused meanwhile, and told nothing of it
    assert socket.of(network.document_id) == []
    await ben.leave()
    await socket.until_said(network.document_id, READ_WRITE)
    assert socket.code is None


async def test_what_was_written_between_two_sessions_is_told_in_the_second(network: Network, socket: Socket) -> None:
    ben = await network.join("ben")
    socket.open(network.document_id)
    await socket.until_said(network.document_id, STEP2)
    room = network.hubs[0].rooms[network.document_id]
    [session] = [one for one in room.sessions if one.identity.user_id == network.users["ann"]]
    session.close(closing.INTERNAL)
    await ben.type("meanwhile")
    await until(lambda: socket.of(network.document_id).count(READ_WRITE) == 2)
    await until(lambda: any(b"meanwhile" in frame for frame in socket.of(network.document_id)))


async def test_who_has_detached_hears_nothing_more(network: Network, socket: Socket) -> None:
    ben = await network.join("ben")
    socket.open(network.document_id)
    await socket.until_said(network.document_id, READ_WRITE)
    socket.say(network.document_id, b"\x07")
    await until(lambda: sessions(network) == 1)
    heard = len(socket.heard)
    await ben.type("alone")
    await network.settle()
    assert len(socket.heard) == heard


@pytest.mark.parametrize("seed", range(6))
async def test_however_a_provider_comes_and_goes_it_leaves_no_session_behind(
    network: Network, socket: Socket, seed: int
) -> None:
    chance = random.Random(seed)
    documents = [network.document_id, await sync_to_async(another)(network), uuid4()]
    payloads = [b"\x07", b"\x02\x00\x05wrong", STEP2, b"\x63"]
    for _ in range(40):
        match chance.randrange(3):
            case 0:
                socket.open(chance.choice(documents))
            case 1:
                socket.say(chance.choice(documents), chance.choice(payloads))
            case 2:
                for room in network.hubs[0].rooms.values():
                    room.end(chance.choice([closing.RIGHTS_CHANGED, closing.FORBIDDEN, closing.INTERNAL]))
        await asyncio.sleep(chance.choice([0, 0, 0.001, 0.01]))
    await socket.leave()
    await until(lambda: sessions(network) == 0)


async def test_a_document_of_a_closed_socket_says_nothing_into_it(network: Network) -> None:
    sent: list[Any] = []

    async def send(event: Any) -> None:
        sent.append(event)

    connection = Connection(network.hubs[0], {}, SocketTransport(send, None))
    await connection.close(closing.RESTARTING)
    with pytest.raises(OSError, match="closed"):
        await connection.send(b"late")
    assert [event["type"] for event in sent] == ["websocket.close"]
