"""`/ws/hocuspocus`: the Hocuspocus protocol, for unmodified `@hocuspocus/provider` 2 to 4. One socket carries many
documents, each with a session of its own.

A provider comes back from every closed socket, whatever the code, and sends the same again. So what is to end for good
(44xx: no longer allowed, gone, too large, malformed) ends the document alone, in words that the provider takes as
final, and the socket stays open, for its other documents or for none. What a new handshake can mend (rights that
changed, a crowd, a database away for a while) is mended here, by another session under the same address, and the
provider notices no more than its new rights. Only a server that restarts closes the socket.
"""

import asyncio
import random
from collections.abc import Coroutine
from functools import cached_property
from typing import Any
from uuid import UUID

from channels.consumer import AsyncConsumer
from django.conf import settings

from collab import closing, intake
from collab.admission import Refused, admit
from collab.catching_up import make_up
from collab.closing import Closing
from collab.dialects import Hocuspocus
from collab.direct_socket import direct_socket_of
from collab.hub import Hub
from collab.metrics import COUNTERS
from collab.protocol import guard, hocuspocus, messages
from collab.protocol.hocuspocus import Detach, Said, Stateless, Token
from collab.protocol.lib0 import ProtocolError
from collab.protocol.state_vector import decode_state_vector
from collab.room import Room
from collab.session import Session
from collab.threads import in_reader
from collab.transports.websocket import SocketTransport

LIMITS = settings.LIMITS
WAIT_FIRST = 0.5
WAIT_MOST = 30.0
EMPTY = b"\x00"
"""The state vector of who has nothing."""
STEADY = 10.0
"""Seconds that a session must have lived for its end not to count as one more failure in a row."""


class HocuspocusConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    channel_layer_alias = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()  # websocket.connect
        await send({"type": "websocket.accept", "subprotocol": None})
        connection = Connection(scope["hub"], scope, SocketTransport(send, direct_socket_of(scope)))
        try:
            await connection.serve(receive)
        finally:
            connection.over()


class Connection:
    """One socket, and the documents attached to it, by address."""

    def __init__(self, hub: Hub, scope: Any, socket: SocketTransport) -> None:
        self.hub, self.scope = hub, scope
        self.waiting_bytes = 0
        """Of messages kept for documents whose admission is under way."""
        self.has_spoken = False
        """The provider may have heard something on this socket."""
        self._socket = socket
        self._attached: dict[bytes, Attachment] = {}
        self._closed = False

    async def serve(self, receive: Any) -> None:
        """Take messages in order until the peer is gone, or the socket was closed from here."""
        idle = asyncio.get_running_loop().call_later(LIMITS.handshake_seconds, self._close_if_idle)
        try:
            while True:
                event = await receive()
                if event["type"] != "websocket.receive":
                    return
                if not self._closed:
                    await self._take(event.get("bytes"))
        finally:
            idle.cancel()

    def send_now(self, frame: bytes) -> bool:
        sent = not self._closed and self._socket.send_now(frame)
        self.has_spoken = self.has_spoken or sent
        return sent

    def send(self, frame: bytes) -> Coroutine[Any, Any, None]:
        self.has_spoken = True
        return _gone() if self._closed else self._socket.send(frame)

    async def close(self, reason: Closing) -> None:
        if not self._closed:
            self._closed = True
            COUNTERS[f"hocuspocus_closed_{reason.code}"] += 1
            await self._socket.close(reason)

    def abort(self) -> None:
        self._socket.abort()

    def unsent(self) -> int:
        return self._socket.unsent()

    def over(self) -> None:
        self._closed = True
        for attachment in self._attached.values():
            attachment.over()

    async def _take(self, frame: bytes | None) -> None:
        try:
            if frame is None:
                raise ProtocolError("text frame")
            address, at = hocuspocus.read_address(frame)
        except ProtocolError as error:
            COUNTERS["malformed"] += 1
            await self.close(closing.malformed(str(error)))
            return
        attachment = self._attached.get(address)
        try:
            message = hocuspocus.decode(frame, at)
        except ProtocolError as error:
            COUNTERS["malformed"] += 1
            if attachment is not None:
                await attachment.end(closing.malformed(str(error)))
            return
        match message:
            case Token(token):
                await self._attach(address, token)
            case Said() if attachment is not None:
                await attachment.hear(message)
            case Said() if message.is_step1:
                # @hocuspocus/provider 2 asks for no permission when it was given no token.
                await self._attach(address, "")
                if address in self._attached:
                    await self._attached[address].hear(message)
            case Detach() if attachment is not None:
                attachment.over()
                del self._attached[address]
            case Stateless():
                COUNTERS["hocuspocus_stateless_dropped"] += 1

    async def _attach(self, address: bytes, token: str) -> None:
        attachment = self._attached.get(address)
        if attachment is None:
            if len(self._attached) >= LIMITS.documents_per_socket:
                COUNTERS["refused_documents_per_socket"] += 1
                for said in Hocuspocus(address).ended("too many documents on one connection"):
                    await self.send(said)
                return
            attachment = self._attached[address] = Attachment(self, address)
        attachment.start(token)

    def _close_if_idle(self) -> None:
        if not any(attachment.was_admitted for attachment in self._attached.values()):
            COUNTERS["hocuspocus_idle"] += 1
            self._closing = asyncio.ensure_future(self.close(closing.IDLE))


class Attachment:
    """One address on one socket: admitted, served, and admitted again as long as that can help."""

    def __init__(self, connection: Connection, address: bytes) -> None:
        self.was_admitted = False
        self._connection = connection
        self._address = address
        self._dialect = Hocuspocus(address)
        self._token = ""
        self._serving: asyncio.Task[None] | None = None
        self._seat: Seat | None = None
        self._waiting: dict[str, Said] = {}
        """What the provider said while it isn't admitted, as far as it counts then: its last SyncStep1, and its caret.
        Edits are not kept, since the SyncStep2 that it will be asked for holds them."""
        self._had: dict[int, int] | None = None
        """Clocks by client: what the provider had at its SyncStep1, until its SyncStep2 comes."""
        self._told: tuple[int, int] | None = None
        """Epoch and cursor: all that the provider was told of the document by the sessions before."""
        self._turn = asyncio.Lock()

    def start(self, token: str) -> None:
        """Admit it with this token, anew if it was admitted with another."""
        if self._is_served:
            if token == self._token:
                return
            self.over()
        self._token = token
        self._serving = asyncio.create_task(self._serve())

    async def end(self, reason: Closing) -> None:
        """For good, as far as this socket goes: until the provider sends a token again."""
        self.over()
        await self._tell_end(reason)

    @property
    def _is_served(self) -> bool:
        return self._serving is not None and not self._serving.done()

    def over(self) -> None:
        """Leave without a word."""
        if self._serving is not None:
            self._serving.cancel()
            self._serving = None
        self._leave()
        self._drop_waiting()

    # --- being admitted ---

    async def _serve(self) -> None:
        failures = 0
        try:
            while True:
                seat = Seat(self._connection)
                began = _now()
                try:
                    await self._admit(seat)
                    reason = await seat.ended
                except Refused as refused:
                    reason = refused.reason
                    COUNTERS[f"refused_{reason.code}"] += 1
                if _now() - began > STEADY:
                    failures = 0
                self._leave()
                if reason == closing.RESTARTING:
                    await self._connection.close(reason)
                    return
                if reason.code in closing.FINAL:
                    self._drop_waiting()
                    await self._tell_end(reason)
                    return
                if failures:
                    wait = min(WAIT_FIRST * 2**failures, WAIT_MOST)
                    await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311  # spreads load, guards nothing
                failures += 1
        except OSError:
            pass  # the socket is gone; its loop will hear of it

    async def _admit(self, seat: "Seat") -> None:
        """Raises Refused."""
        document_id = self._document_id
        if document_id is None:
            raise Refused(closing.GONE)
        connection = self._connection
        room, session = await admit(
            connection.hub, connection.scope, document_id, seat, dialect=self._dialect, token=self._token
        )
        # From here to the last line nothing is awaited: what the provider says is either kept above, or heard there.
        seat.take(room, session)
        self._seat = seat
        self.was_admitted = True
        COUNTERS["joined_hocuspocus"] += 1
        waiting = list(self._waiting.values())
        asks = "step1" in self._waiting
        self._drop_waiting()
        async with self._turn:
            if not asks:
                # It doesn't know that this session is another one, so both halves of a sync begin here.
                self._ask(seat)
                if self._told is None:
                    await intake.receive(room, session, messages.encode_sync_step1(EMPTY))
                else:
                    make_up(room, session, *self._told)
            for message in waiting:
                await self._pass(seat, message)

    @cached_property
    def _document_id(self) -> UUID | None:
        try:
            name = hocuspocus.document_name(self._address).decode()
            return UUID(name) if len(name) == 36 else None
        except ValueError:
            return None

    # --- what the provider says ---

    async def hear(self, message: Said) -> None:
        async with self._turn:
            seat, tally = self._seat, self._dialect.tally
            if message.is_step1:
                tally.started()
                self._had = _clocks(message)
            elif message.is_edit:
                tally.received(step2=message.is_step2, late=await self._is_late(message))
                if message.is_step2:
                    self._had = None
            if seat is not None and seat.session.open:
                await self._pass(seat, message)
            elif message.is_edit:
                tally.refused()
            elif self._is_served:
                await self._keep(message)

    async def _is_late(self, message: Said) -> bool:
        """Was this Update made before the provider's SyncStep1? It keeps what is written while its socket opens, and
        sends it after that, at the first word from here; so before that word nothing is late. After it nobody can tell
        of what only deletes: it is taken for late, so that a provider's count may stay too high, but never gets too
        low."""
        if self._had is None or message.is_step2 or not self._connection.has_spoken:
            return False
        update = messages.payload(message.frame)
        try:
            scan = guard.scan(update) if len(update) <= intake.SCAN_INLINE else await in_reader(guard.scan, update)
        except ProtocolError:
            return False  # the room says so
        return all(self._had.get(client, 0) >= clock + length for client, clock, length in scan.structs)

    async def _pass(self, seat: "Seat", message: Said) -> None:
        """To the room. Counted it was when it came, which may have been before there was a seat."""
        if message.claims > LIMITS.frame_bytes:
            await self.end(closing.TOO_LARGE)  # only its beginning was read
            return
        await intake.receive(seat.room, seat.session, message.frame)
        if message.is_step1 and seat is self._seat:
            self._ask(seat)

    def _ask(self, seat: "Seat") -> None:
        """For everything that the provider has and the log has not."""
        seat.session.send(messages.encode_sync_step1(seat.room.replica.state_vector()))

    async def _keep(self, message: Said) -> None:
        kind = "step1" if message.is_step1 else "awareness" if message.is_awareness else None
        if kind is None:
            return
        replaced = self._waiting.pop(kind, None)
        self._connection.waiting_bytes += len(message.frame) - (len(replaced.frame) if replaced else 0)
        self._waiting[kind] = message
        if self._connection.waiting_bytes > LIMITS.waiting_bytes:
            COUNTERS["refused_waiting_bytes"] += 1
            await self.end(closing.TOO_LARGE)

    def _drop_waiting(self) -> None:
        self._connection.waiting_bytes -= sum(len(message.frame) for message in self._waiting.values())
        self._waiting.clear()

    # --- ending ---

    def _leave(self) -> None:
        seat, self._seat = self._seat, None
        if seat is not None:
            self._told = seat.told if seat.ended.done() else seat.position()
            seat.session.leave()
            self._connection.hub.leave(seat.room, seat.session)
        self._dialect.tally.over()

    async def _tell_end(self, reason: Closing) -> None:
        self._told = None
        for said in self._dialect.ended(reason.reason):
            await self._connection.send(said)


class Seat:
    """The socket, as one session in a room sees it: its close is not the socket's."""

    room: Room
    session: Session

    def __init__(self, connection: Connection) -> None:
        self.ended: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()
        self.is_taken = False
        self.told: tuple[int, int] | None = None
        """Epoch and cursor: how far the client was told when the session ended."""
        self._connection = connection

    def take(self, room: Room, session: Session) -> None:
        self.room, self.session, self.is_taken = room, session, True

    def position(self) -> tuple[int, int] | None:
        told = self.session.told if self.is_taken else None
        return None if told is None else (self.room.replica.epoch, told)

    def send_now(self, frame: bytes) -> bool:
        return self._connection.send_now(frame)

    def send(self, frame: bytes) -> Coroutine[Any, Any, None]:
        return self._connection.send(frame)

    async def close(self, reason: Closing) -> None:
        if not self.ended.done():
            self.told = self.position()  # now: the session counts on though its outbox is closed next
            self.ended.set_result(reason)

    def abort(self) -> None:
        self._connection.abort()

    def unsent(self) -> int:
        return self._connection.unsent()


def _clocks(step1: Said) -> dict[int, int] | None:
    try:
        return decode_state_vector(messages.payload(step1.frame))
    except ProtocolError:
        return None  # the room says so


async def _gone() -> None:
    raise OSError("closed from here")


def _now() -> float:
    return asyncio.get_running_loop().time()
