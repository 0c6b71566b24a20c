"""A room's way in: what clients send is decoded, checked, and brought on its way to the log, or refused. `room.py` has
the rest of that way.

Nearly no frame has to wait for anything, and `take` is for those. `receive` takes any: it waits for the session's rate,
and has a thread look through what is large.
"""

import logging
from typing import Protocol
from uuid import UUID

from django.conf import settings

from collab import closing
from collab.awareness import RoomAwareness
from collab.metrics import COUNTERS
from collab.protocol import guard, messages
from collab.protocol.lib0 import ProtocolError
from collab.protocol.messages import Awareness, Ping, QueryAwareness, SyncStep1, SyncStep2, Update
from collab.protocol.state_vector import decode_state_vector
from collab.replica import Replica
from collab.session import Session
from collab.threads import in_reader
from collab.writer import Write

log = logging.getLogger(__name__)

LIMITS = settings.LIMITS
SCAN_INLINE = 32_000
"""Scanning costs 0.1 µs a byte: beyond this it would hold up the loop for milliseconds, so it goes to a thread."""


class Room(Protocol):
    document_id: UUID
    access_version: int
    awareness: RoomAwareness

    @property
    def replica(self) -> Replica: ...

    @property
    def size(self) -> str: ...

    @property
    def unsaved_bytes(self) -> int: ...

    def submit(self, write: Write) -> None:
        """To the log; its session hears of the commit."""


async def receive(room: Room, session: Session, frame: bytes) -> None:
    """Take one frame. Raises nothing: a frame that can't be understood ends its session, with the reason."""
    try:
        message = messages.decode(frame)
        if _take(room, session, message):
            return
        match message:
            case Update(update) | SyncStep2(update):
                inline = len(update) <= SCAN_INLINE
                scan = guard.scan(update) if inline else await in_reader(guard.scan, update)
                await session.throttle(len(update))
                _take_update(room, session, message, scan)
            case SyncStep1(state_vector):
                await session.throttle_message()
                _send_answer(room, session, await answer(room, state_vector))
            case _:
                await session.throttle_message()
                _hear(room, session, message)
    except ProtocolError as error:
        _refuse_malformed(room, session, error)


def take(room: Room, session: Session, frame: bytes) -> bool:
    """`receive`, if it has to wait for nothing. False: nothing was done."""
    try:
        return _take(room, session, messages.decode(frame))
    except ProtocolError as error:
        _refuse_malformed(room, session, error)
        return True


async def answer(room: Room, state_vector: bytes) -> list[bytes]:
    """The frames that bring a client up to the head as it is when this returns. Raises ProtocolError."""
    decode_state_vector(state_vector)  # pycrdt allocates what a state vector claims: five bytes cost it 1 GB
    replica = room.replica
    if not replica.heavy:
        return replica.answer(state_vector)
    frozen = replica.frozen()
    frames = await in_reader(frozen.answer, state_vector)
    replica.learn(frozen)
    if replica is not room.replica or replica.head != frozen.head:
        return room.replica.answer(state_vector)
    return frames


def _take(room: Room, session: Session, message: messages.Message) -> bool:
    match message:
        case Update(update) | SyncStep2(update):
            if len(update) > LIMITS.frame_bytes:
                session.received += 1
                COUNTERS["refused_update_size"] += 1
                session.close(closing.TOO_LARGE)
            elif len(update) > SCAN_INLINE or not session.affords(len(update)):
                return False
            else:
                _take_update(room, session, message, guard.scan(update))
        case SyncStep1(state_vector):
            if room.replica.heavy or not session.affords_message():
                return False
            decode_state_vector(state_vector)
            _send_answer(room, session, room.replica.answer(state_vector))
        case _:
            if not session.affords_message():
                return False
            _hear(room, session, message)
    return True


def _take_update(room: Room, session: Session, message: Update | SyncStep2, scan: guard.Scan) -> None:
    if session.closing is not None or session.was_refused:
        return  # it waited for its turn while the session ended; who comes back, brings it
    session.received += 1
    news: bytes | None = None
    if not scan.is_empty:
        whole = isinstance(message, SyncStep2)
        news = room.replica.news(message.update, scan.structs, scan.deletes, whole_state=whole)
    if news is not None and not session.may_edit:
        # Honest clients answer our SyncStep1 with all they have, readers too: refused, but no reason to end the
        # session.
        COUNTERS["refused_read_only"] += 1
        session.refuse()
        return
    if news is not None and room.size == "full":
        # Refused as a reader's: who comes back with it would find the document as full as before.
        COUNTERS["refused_document_size"] += 1
        session.refuse()
        return
    if news is not None and room.unsaved_bytes + len(news) > LIMITS.unsaved_bytes:
        COUNTERS["refused_unsaved"] += 1
        session.close(closing.UNAVAILABLE)
        return
    if news is None and session.acknowledged == session.received - 1:
        session.acknowledge(session.received)
        return
    room.submit(Write(session, session.received, news, scan.structs, scan.deletes, room.access_version))


def _send_answer(room: Room, session: Session, frames: list[bytes]) -> None:
    for frame in frames:
        session.send(frame)
    session.caught_up = True
    session.passed(room.replica.head)
    session.tell_cursor(room.replica.epoch)


def _hear(room: Room, session: Session, message: Awareness | QueryAwareness | Ping) -> None:
    match message:
        case Awareness(payload):
            room.awareness.receive(session, payload)
        case QueryAwareness():
            session.send(room.awareness.frame())
        case Ping():
            session.send(messages.encode_pong())


def _refuse_malformed(room: Room, session: Session, error: ProtocolError) -> None:
    COUNTERS["malformed"] += 1
    about = {"document_id": str(room.document_id), "user_id": session.identity.user_id}
    log.info("malformed frame from user %s: %s", session.identity.user_id, error, extra=about)
    session.close(closing.malformed(str(error)))
