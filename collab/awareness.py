"""Awareness of one room: the table, and how its changes leave.

The first change after a pause goes out at once; what follows within WINDOW is joined, newest state per client, into
one message encoded once. That made 75,000 frames of 50 moving carets into 3,800.

A visitor's presence (`presence.awareness.Visitor`) ends with the stream or poll that stands for it, on whichever
process that is. The newest one stands for it alone: it says so to the others, whose older ones then end in silence.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from uuid import UUID

from django.conf import settings

from collab.metrics import COUNTERS
from collab.protocol import guard, messages
from collab.protocol.lib0 import varbytes, varuint
from collab.relay import Message, Relay
from collab.session import Identity, Session, unheard
from presence.awareness import AwarenessTable, Presence, Visitor

BOUNDS = guard.AwarenessLimits(state_bytes=settings.LIMITS.awareness_bytes)
WINDOW = 0.04
CLIENTS_OF_ONE = 8 * settings.LIMITS.sockets_per_user_document
"""Clients one person may have in the table: each reload of a page is a new one, and an old one is remembered."""


class RoomAwareness:
    def __init__(self, document_id: UUID, relay: Relay, broadcast: Callable[[bytes, Session | None], None]) -> None:
        self._document_id = document_id
        self._relay = relay
        self._broadcast = broadcast
        self._table = AwarenessTable(CLIENTS_OF_ONE)
        self._tag: tuple[str, str] | None = None
        self._standing: Counter[Visitor] = Counter()
        self._yielded: set[Visitor] = set()
        self._changed: dict[int, Presence] = {}
        self._to_relay: dict[int, Presence] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._sent_at = 0.0

    def receive(self, session: Session, payload: bytes) -> None:
        """What a client says of itself. Raises ProtocolError."""
        entries = guard.scan_awareness(payload, BOUNDS)
        owners = {client_id: self._table.owner_of(client_id) for client_id, _, _ in entries}
        changed = self._table.apply(
            entries,
            owner=session,
            user_id=session.identity.user_id,
            identity=session.identity.public(),
            now=_now(),
        )
        for presence in changed:
            if owners[presence.client_id] not in (None, session):
                # Taken over from a visitor or another process: what stood for it there must not end it.
                self._relay.publish(self._document_id, [b"k", presence.client_id, session.identity.user_id])
        self._gather(changed, local=True)

    def receive_visit(self, identity: Identity, payload: bytes) -> None:
        """What a client says of itself by a single request. Raises ProtocolError."""
        changed: list[Presence] = []
        for entry in guard.scan_awareness(payload, BOUNDS):
            changed += self._table.apply(
                [entry],
                owner=Visitor(identity.user_id, entry[0]),
                user_id=identity.user_id,
                identity=identity.public(),
                now=_now(),
            )
        self._gather(changed, local=True)

    def stand_for(self, visitor: Visitor) -> None:
        """A stream or poll of the visitor's is here now."""
        self._standing[visitor] += 1
        self._claim(visitor)

    def stand_again(self, visitor: Visitor) -> None:
        """It is heard of again, and may have been elsewhere meanwhile."""
        if visitor in self._yielded:
            self._claim(visitor)

    def stand_down(self, visitor: Visitor) -> None:
        """It has ended; the last one here, unless another process has a newer one, takes the presence with it."""
        self._standing[visitor] -= 1
        if self._standing[visitor] <= 0:
            del self._standing[visitor]
            if visitor not in self._yielded:
                self._gather(self._table.withdraw(visitor), local=True)
            self._yielded.discard(visitor)

    def heard_claim(self, visitor: Visitor) -> None:
        if visitor in self._standing:
            self._yielded.add(visitor)

    def heard(self, sender: bytes, entries: Iterable[tuple[int, int, bytes | None]]) -> None:
        """What another process says of its clients."""
        self._gather(self._table.apply_remote(entries, owner=sender, now=_now()), local=False)

    def leave(self, session: Session) -> None:
        self._gather(self._table.drop(session), local=True)

    def expire(self) -> None:
        """Every process does this for itself: a process that was killed can't say that its clients are gone."""
        self._gather(self._table.expire(_now()), local=False)

    def frame(self) -> bytes:
        return _encode(self._table.all())

    def tag(self) -> tuple[str, str]:
        """Two readers of the same table have equal ones: of who is where, and of the clocks, which rise also when
        somebody only says to be still there."""
        if self._tag is None:
            here = sorted(self._table.all(), key=lambda presence: presence.client_id)
            self._tag = _digest((p.client_id, p.state) for p in here), _digest((p.client_id, p.clock) for p in here)
        return self._tag

    def whole(self) -> bytes:
        """An awareness update with everybody who is or was lately here."""
        return _payload(self._table.all_and_gone())

    def ask(self) -> None:
        """The room opened: what do the other processes know?"""
        self._relay.publish(self._document_id, [b"q"])

    def tell(self) -> None:
        """Answer another process that asks."""
        if ours := self._table.told_here(set(self._standing) - self._yielded):
            self._relay.publish(self._document_id, _message(ours))

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._broadcast = unheard

    def _claim(self, visitor: Visitor) -> None:
        self._yielded.discard(visitor)
        self._relay.publish(self._document_id, [b"k", visitor.client_id, visitor.user_id])

    def _gather(self, changed: list[Presence], *, local: bool) -> None:
        if self._table.dropped:
            COUNTERS["refused_awareness"] += self._table.dropped
            self._table.dropped = 0
        if not changed:
            return
        self._tag = None
        for presence in changed:
            self._changed[presence.client_id] = presence
            if local:
                self._to_relay[presence.client_id] = presence
        if self._timer is None:
            at = max(_now(), self._sent_at + WINDOW)
            self._timer = asyncio.get_running_loop().call_at(at, self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._sent_at = _now()
        changed, self._changed = list(self._changed.values()), {}
        to_relay, self._to_relay = list(self._to_relay.values()), {}
        owners = {self._table.owner_of(presence.client_id) for presence in changed}
        only = owners.pop() if len(owners) == 1 else None
        self._broadcast(_encode(changed), only if isinstance(only, Session) else None)
        if to_relay:
            self._relay.publish(self._document_id, _message(to_relay))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _message(presences: list[Presence]) -> Message:
    return [b"a", [[p.client_id, p.clock, p.state] for p in presences]]


def _encode(presences: list[Presence]) -> bytes:
    return messages.encode_awareness(_payload(presences))


def _payload(presences: list[Presence]) -> bytes:
    out = [varuint(len(presences))]
    for presence in presences:
        out += varuint(presence.client_id), varuint(presence.clock), varbytes(presence.state or b"null")
    return b"".join(out)


def _digest(values: Iterable[tuple[int, object]]) -> str:
    digest = hashlib.blake2b(digest_size=6)
    for client_id, value in values:
        digest.update(f"{client_id} {value!r} ".encode())
    return digest.hexdigest()
