"""How one reader of a room gets what it missed: from its cursor, from nothing, after its outbox overflowed, or from
where the session before it was.

In each case as one update, and in the order that keeps a cursor true: what is committed meanwhile is told after it.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from collab.awareness import RoomAwareness
from collab.metrics import COUNTERS
from collab.protocol import messages
from collab.replica import Replica
from collab.session import Session
from collab.threads import in_reader
from documents import log as document_log
from documents import merging

RESUME_ENTRIES = 1000
"""More than so many missed entries aren't read one by one: to sync by state vector is cheaper."""


class Room(Protocol):
    document_id: UUID
    awareness: RoomAwareness

    @property
    def replica(self) -> Replica: ...

    async def caught_up(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Missed:
    """Entries up to `seq` as one update; None when there are none."""

    seq: int
    update: bytes | None


async def resume(room: Room, session: Session, cursor: tuple[int, int] | None) -> bool:
    """Bring a held session up to date from its client's cursor, or from nothing, and let go of it. False: the cursor is
    of another history, or below what is kept in pieces.

    What is committed meanwhile is not delivered before what was missed, because its id would vouch for both.
    """
    if cursor is None:
        frozen = room.replica.frozen()
        everything = await in_reader(frozen.everything) if frozen.heavy else room.replica.everything()
        if room.replica.epoch != frozen.epoch:
            return False
        session.held = False
        session.deliver(messages.encode_update(everything), frozen.epoch, frozen.head)
    else:
        found = await entries_since(room, cursor)
        if found is None:
            return False
        session.held = False
        session.cursor = found.seq
        if found.update is not None:
            session.deliver(messages.encode_update(found.update), room.replica.epoch, found.seq)
    session.caught_up = True
    if session.cursor < room.replica.head:
        after_overflow(room, session)
    return True


async def entries_since(room: Room, cursor: tuple[int, int]) -> Missed | None:
    """What follows a client's cursor, as one update; None when that is not to be had in pieces any more. It may end
    before the head if the log had to be read; the next call, which needn't, finds the rest."""
    epoch, seq = cursor
    if epoch != room.replica.epoch or seq > room.replica.head:
        # Another process has told the client what we haven't heard yet; or the history was replaced.
        await room.caught_up()
    if epoch != room.replica.epoch or seq > room.replica.head:
        return None
    if seq == room.replica.head:
        return Missed(seq, None)
    missed = room.replica.since(seq)
    if missed is not None:
        return Missed(room.replica.head, missed)
    entries = await in_reader(document_log.entries_after, room.document_id, seq, RESUME_ENTRIES)
    whole = entries and entries[0].seq == seq + 1 and len(entries) < RESUME_ENTRIES
    if not whole or epoch != room.replica.epoch:
        return None
    return Missed(entries[-1].seq, merging.merge([entry.update for entry in entries]))


def after_overflow(room: Room, session: Session) -> None:
    """The session's outbox overflowed and has drained: what it missed, as one update."""
    COUNTERS["caught_up_slow_reader"] += 1
    make_up(room, session, room.replica.epoch, session.cursor)


def make_up(room: Room, session: Session, epoch: int, cursor: int) -> None:
    """Send what a client missed that was told everything up to here, by this session or the one before it."""
    missed = room.replica.since(cursor) if epoch == room.replica.epoch else None
    update = room.replica.everything() if missed is None else missed
    session.caught_up = True
    session.deliver(messages.encode_update(update), room.replica.epoch, room.replica.head)
    session.tell_cursor(room.replica.epoch)
    session.send(room.awareness.frame())
