"""`GET /sync/{document}/poll`: long poll, for networks that let nothing else through.

Each poll says how far its client is, so any process can answer it. Between the polls of one client its session stays
in the room, parked, for PARKED seconds: the next poll that arrives here needs no sign-in and no look at rights, and
what ends sessions ends it too. Correctness never depends on that. A parked session keeps nothing but edits that are in
no log yet; all else a poll reads from the room, which wakes it.
"""

import asyncio
import json
from base64 import b64encode
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from collab import closing
from collab.admission import Refused, Vouchers, admit
from collab.catching_up import Missed, entries_since
from collab.closing import Closing
from collab.dialects import WAKE, Wake
from collab.hub import Hub
from collab.metrics import COUNTERS
from collab.protocol import messages
from collab.room import Room
from collab.session import Session
from collab.transports.request import Failure, Request, credential_of, cursor_of
from presence.awareness import Visitor

LIMITS = settings.LIMITS
WAIT = 25
"""Seconds a poll is held at most: proxies cut off after 30, and carets are forgotten after as long."""
PARKED = 30.0
GATHER = 0.2
"""Seconds from a poll's arrival before carets alone are an answer: several that move would keep it coming back."""
GATHER_WITHOUT_RELAY = 2.0
"""The same while Redis is down: processes then know different carets, and to a client that meets them in turn all
would seem to have changed each time."""

Key = tuple[bytes, UUID, int | None]


class Parking:
    """The transport of a parked session: it remembers that something happened, and wakes the poll that is held."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.reason: Closing | None = None
        self._unsaved: list[bytes] = []
        self._unsaved_bytes = 0

    def send_now(self, frame: bytes) -> bool:
        return False

    async def send(self, frame: bytes) -> None:
        if frame is not Wake.CHANGED and self._unsaved_bytes <= LIMITS.outbox_bytes:
            # Past that they are dropped: once committed they come like any others.
            self._unsaved.append(messages.payload(frame))
            self._unsaved_bytes += len(frame)
        self.woken.set()

    async def close(self, reason: Closing) -> None:
        self.reason = reason
        self.woken.set()

    def abort(self) -> None:
        self.reason = self.reason or closing.TOO_SLOW
        self.woken.set()

    def unsent(self) -> int:
        return 0

    def take_unsaved(self) -> list[bytes]:
        taken, self._unsaved, self._unsaved_bytes = self._unsaved, [], 0
        return taken


@dataclass(eq=False, slots=True)
class Place:
    """Where one client's polls are at home in this process."""

    key: Key
    room: Room
    session: Session
    parking: Parking
    visitor: Visitor | None
    turn: int = 0
    """Which of the client's polls is held: a newer one takes the place, and the older is answered."""
    leaving: asyncio.TimerHandle | None = field(default=None)


class Polls:
    def __init__(self, hub: Hub, vouchers: Vouchers) -> None:
        self._hub, self._vouchers = hub, vouchers
        self._places: dict[Key, Place] = {}

    async def poll(self, request: Request, document_id: UUID) -> None:
        arrived = asyncio.get_running_loop().time()
        cursor = cursor_of(request.parameter("cursor"))
        if cursor is None:
            raise Failure(closing.malformed("cursor is missing"))
        wait = request.number("wait", most=1_000_000)
        until = arrived + (WAIT if wait is None else min(wait, WAIT))
        client_id = request.number("client", 2**53 - 1)
        place = await self._place(request, (credential_of(request), document_id, client_id))
        place.turn += 1
        turn = place.turn
        gone = asyncio.ensure_future(request.disconnected())
        gone.add_done_callback(lambda _: place.parking.woken.set())
        try:
            body = await self._held(place, turn, cursor, request.parameter("tag"), arrived, until, gone)
        finally:
            gone.cancel()
            if place.turn == turn:
                self._park(place)
        await request.answer(200 if body else 204, body)

    async def _held(
        self,
        place: Place,
        turn: int,
        cursor: tuple[int, int],
        tag: str | None,
        arrived: float,
        until: float,
        gone: "asyncio.Future[None]",
    ) -> bytes:
        """The answer, as soon as there is one; nothing when there is none in time."""
        loop = asyncio.get_running_loop()
        room, parking = place.room, place.parking
        tag = tag or tag_of(room, place.session)
        unsaved_before = room.has_unsaved
        while True:
            parking.woken.clear()
            missed = await entries_since(room, cursor)
            if parking.reason is not None:
                raise Failure(parking.reason)
            if missed is None:
                raise Failure(closing.RESYNC)
            if gone.done() or place.turn != turn:
                return b""
            now = loop.time()
            here = tag_of(room, place.session)
            if {_rights(here), _rights(tag)} == {"w", "r"}:
                raise Failure(closing.RIGHTS_CHANGED)
            loose = parking.take_unsaved()
            if missed.update is not None or loose or room.has_unsaved != unsaved_before:
                return _answer(room, missed, loose, here, tag)
            gathered = arrived + (GATHER if self._hub.relay.healthy else GATHER_WITHOUT_RELAY)
            moved = _carets(here) != _carets(tag)
            if moved and now >= min(gathered, until):
                return _answer(room, missed, loose, here, tag)
            if now >= until:
                # Carets that only said to be still there: clients forget those of whom they hear nothing for 30 s.
                return _answer(room, missed, loose, here, tag) if here != tag else b""
            try:
                async with asyncio.timeout_at(min(gathered, until) if moved else until):
                    await parking.woken.wait()
            except TimeoutError:
                pass

    async def _place(self, request: Request, key: Key) -> Place:
        credential, document_id, client_id = key
        place = self._places.get(key)
        if place is not None and place.session.open and place.session in place.room.sessions:
            if place.leaving is not None:
                place.leaving.cancel()
                place.leaving = None
            if place.visitor is not None:
                place.room.awareness.stand_again(place.visitor)
            COUNTERS["polls_resumed"] += 1
            return place
        if place is not None and place.parking.reason is closing.RIGHTS_CHANGED:
            self._leave(place)
            raise Failure(closing.RIGHTS_CHANGED)
        parking = Parking()
        try:
            room, session = await admit(self._hub, request.scope, document_id, parking, dialect=WAKE)
        except Refused as refused:
            if refused.reason is not closing.OVERLOADED or not self._make_room(credential, document_id):
                raise
            room, session = await admit(self._hub, request.scope, document_id, parking, dialect=WAKE)
        COUNTERS["joined_poll"] += 1
        visitor = None if client_id is None else Visitor(session.identity.user_id, client_id)
        if (other := self._places.pop(key, None)) is not None:  # two polls of one client have arrived at once
            self._leave(other)
        place = self._places[key] = Place(key, room, session, parking, visitor)
        self._vouchers.add(credential, document_id, session)
        if visitor is not None:
            room.awareness.stand_for(visitor)
        return place

    def _make_room(self, credential: bytes, document_id: UUID) -> bool:
        """Who reloads a page leaves a parked session behind each time: the oldest goes before a new page is refused."""
        for key, place in self._places.items():
            if key[:2] == (credential, document_id) and place.leaving is not None:
                self._leave(place)
                return True
        return False

    def _park(self, place: Place) -> None:
        if place.session.open:
            if place.leaving is None:
                place.leaving = asyncio.get_running_loop().call_later(PARKED, self._leave, place)
        else:
            self._leave(place)

    def _leave(self, place: Place) -> None:
        if self._places.get(place.key) is place:
            del self._places[place.key]
        if place.leaving is not None:
            place.leaving.cancel()
        place.turn += 1
        place.parking.woken.set()  # should a poll still be held here, its client has another one
        credential, document_id, _ = place.key
        self._vouchers.remove(credential, document_id, place.session)
        if place.session in place.room.sessions:
            if place.visitor is not None:
                place.room.awareness.stand_down(place.visitor)
            self._hub.leave(place.room, place.session)


def tag_of(room: Room, session: Session) -> str:
    """What a client knows besides the content: who is where, the clocks of that, and whether it may edit and the
    document has room for it. The same on every process."""
    return ".".join((*room.awareness.tag(), "w" if session.may_edit and room.size != "full" else "r"))


def _carets(tag: str) -> str:
    return tag.partition(".")[0]


def _rights(tag: str) -> str:
    return tag.rpartition(".")[2]


def _answer(room: Room, missed: Missed, loose: list[bytes], here: str, tag: str) -> bytes:
    updates = [] if missed.update is None else [missed.update]
    content = {
        "cursor": f"{room.replica.epoch}.{missed.seq}",
        "updates": [b64encode(update).decode() for update in updates + loose],
        "awareness_tag": here,
        "unsaved": room.has_unsaved,
    }
    if here != tag:
        content["awareness"] = b64encode(room.awareness.whole()).decode()
    return json.dumps(content, separators=(",", ":")).encode()
