"""Several processes of Weft in one event loop: real rooms, writers and database, and a relay that can lose its mind
by seed.

ann = await network.join("ann", process=0)
await ann.type("hello")
await network.settle()
assert ben.text == "hello"
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID

import msgpack
from pycrdt import Doc, Text

from collab import hub as hub_module
from collab import intake
from collab.closing import Closing
from collab.dialects import WEFT, Y_WEBSOCKET
from collab.hub import Hub
from collab.protocol.lib0 import read_varbytes, read_varuint, varbytes, varuint
from collab.relay import Message, Receive
from collab.session import Identity, Session
from documents import merging


class Wire:
    """Redis as a relay sees it, between the hubs of one test: by default it delivers everything, at once, in order."""

    def __init__(self, seed: int = 0, *, drop: float = 0, double: float = 0, delay: float = 0) -> None:
        self.random = random.Random(seed)
        self.drop, self.double, self.delay = drop, double, delay
        self.lose_next = 0
        self.relays: list[WireRelay] = []

    def carry(self, sender: "WireRelay", document_id: UUID | None, message: Message) -> None:
        packed = msgpack.packb(message)
        for relay in self.relays:
            if relay is sender or not relay.healthy:
                continue
            if self.lose_next:
                self.lose_next -= 1
                continue
            copies = 0 if self.random.random() < self.drop else 2 if self.random.random() < self.double else 1
            for _ in range(copies):
                wait = self.random.random() * self.delay
                deliver = relay.delivery(document_id, msgpack.unpackb(packed))
                asyncio.get_running_loop().call_later(wait, deliver)


class WireRelay:
    def __init__(self, wire: Wire, number: int) -> None:
        self.wire = wire
        self.name = b"process-%d" % number
        self.healthy = True
        self.documents: set[UUID] = set()
        self.receive: Receive = lambda _document, _message: None
        self.restored: Callable[[], None] = lambda: None
        wire.relays.append(self)

    async def start(self, receive: Receive, restored: Callable[[], None]) -> None:
        self.receive, self.restored = receive, restored

    async def stop(self) -> None:
        self.healthy = False

    async def subscribe(self, document_id: UUID) -> None:
        self.documents.add(document_id)

    async def unsubscribe(self, document_id: UUID) -> None:
        self.documents.discard(document_id)

    def publish(self, document_id: UUID, message: Message) -> None:
        if self.healthy:
            self.wire.carry(self, document_id, [message[0], self.name, *message[1:]])

    def delivery(self, document_id: UUID | None, message: Message) -> Callable[[], None]:
        def deliver() -> None:
            if self.healthy and (document_id is None or document_id in self.documents):
                self.receive(document_id, message)

        return deliver


class Person:
    """A browser with the document open: a replica, and what the server told it."""

    def __init__(self, name: str, user_id: int, doc: Doc[Any], *, numbered: bool = True) -> None:
        self.name, self.user_id, self.doc = name, user_id, doc
        self.numbered = numbered
        self.body = doc.get("text", type=Text)
        self.frames: list[bytes] = []
        self.acknowledged = 0
        self.sent = 0
        self.cursor = (0, 0)
        self.closed: Closing | None = None
        self.aborted = False
        self.reading = asyncio.Event()
        self.reading.set()
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._work: asyncio.Task[None] | None = None

    def send_now(self, frame: bytes) -> bool:
        return False

    async def send(self, frame: bytes) -> None:
        if not self.reading.is_set():
            await self.reading.wait()
        if self.closed is not None or self.aborted:
            raise OSError("gone")
        self.frames.append(frame)
        kind = frame[0]
        if kind == 0:
            payload, _ = read_varbytes(frame, 2)
            if frame[1] == 0:
                self.say(b"\x00\x01" + varbytes(self.doc.get_update(payload)), counts=True)
            else:
                self.doc.apply_update(payload)
        elif kind == 4:
            self.acknowledged = read_varuint(frame, 1)[0]
        elif kind == 5:
            epoch, at = read_varuint(frame, 1)
            self.cursor = (epoch, read_varuint(frame, at)[0])

    async def close(self, reason: Closing) -> None:
        self.closed = reason

    def abort(self) -> None:
        self.aborted = True
        self.reading.set()

    def unsent(self) -> int:
        return 0

    def enter(self, hub: Hub, room: Any, session: Session) -> None:
        self.hub, self.room, self.session = hub, room, session
        self._work = asyncio.create_task(self._speak())
        self.say(b"\x00\x00" + varbytes(self.doc.get_state()))

    def say(self, frame: bytes, *, counts: bool = False) -> None:
        """Send a frame; frames go in order, one after the other, as over a socket."""
        self.sent += counts
        self._inbox.put_nowait(frame)

    async def type(self, text: str, at: int | None = None) -> None:
        before = self.doc.get_state()
        self.body.insert(len(str(self.body).encode()) if at is None else at, text)
        self.say(b"\x00\x02" + varbytes(self.doc.get_update(before)), counts=True)
        await asyncio.sleep(0)

    def move(self, client_id: int, clock: int, state: bytes) -> None:
        payload = varuint(1) + varuint(client_id) + varuint(clock) + varbytes(state)
        self.say(b"\x01" + varbytes(payload))

    @property
    def text(self) -> str:
        return str(self.body)

    @property
    def all_saved(self) -> bool:
        return self.acknowledged == self.sent and self._inbox.empty()

    async def leave(self) -> None:
        if self._work is not None:
            self._work.cancel()
        self.hub.leave(self.room, self.session)

    async def _speak(self) -> None:
        while True:
            frame = await self._inbox.get()
            await intake.receive(self.room, self.session, frame)


class Network:
    def __init__(self, document_id: UUID, users: dict[str, int], wire: Wire, processes: int) -> None:
        self.document_id, self.users, self.wire = document_id, users, wire
        self.hubs = [Hub(WireRelay(wire, number)) for number in range(processes)]
        self.people: list[Person] = []

    async def start(self) -> None:
        for hub in self.hubs:
            await hub.start()

    async def stop(self) -> None:
        for person in self.people:
            if person.closed is None:
                await person.leave()
        for hub in self.hubs:
            await hub.stop()

    async def join(self, name: str, **how: Any) -> Person:
        """A new browser; `how` as for `come_back`."""
        return await self.come_back(Person(name, self.users[name], Doc()), **how)

    async def come_back(
        self,
        person: Person,
        *,
        process: int = 0,
        may_edit: bool = True,
        numbered: bool = True,
        access_version: int = 1,
    ) -> Person:
        """A new connection with what the replica holds already."""
        again = Person(person.name, person.user_id, person.doc, numbered=numbered)
        identity = Identity(person.user_id, person.name, "#336699")
        dialect = WEFT if numbered else Y_WEBSOCKET
        session = Session(identity, again, dialect=dialect, may_edit=may_edit, access_version=access_version)
        hub = self.hubs[process]
        room = await hub.join(self.document_id, session)
        again.enter(hub, room, session)
        self.people.append(again)
        return again

    async def settle(self, seconds: float = 20.0) -> None:
        """Everybody saved and equal: to each other, and to what a fresh reader gets from the database."""
        here = [person for person in self.people if person.closed is None]
        editors = [person for person in here if person.session.may_edit and person.numbered]
        await until(lambda: all(person.all_saved for person in editors), seconds)
        await until(lambda: len({person.text for person in here}) <= 1, seconds)


async def until(question: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a condition of this event loop."""
    async with asyncio.timeout(seconds):
        while not question():
            await asyncio.sleep(0.002)


def text_of(updates: Sequence[bytes]) -> str:
    doc: Doc[Any] = Doc()
    body = doc.get("text", type=Text)
    doc.apply_update(merging.merge(updates))
    return str(body)


Opening = Callable[..., Coroutine[Any, Any, Network]]
QUICK_LOOKS = dict.fromkeys(("LOOK_ACTIVE", "LOOK_ALL", "LOOK_WITHOUT_RELAY"), 0.1)


def look_often(monkeypatch: Any) -> None:
    """The hub's own look at the log every 0.1 s, so that a lost last message is found within a test's patience."""
    for name, seconds in QUICK_LOOKS.items():
        monkeypatch.setattr(hub_module, name, seconds)
