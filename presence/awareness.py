"""Who is where in one document: y-protocols' awareness table, owned by the server. Pure.

An entry is taken only from the session that introduced its client_id (honest y-websocket clients re-send everybody's
entries; relayed raw, 20 clients turned one cursor move into 400 frames), its clock must rise, and its `user` field is
overwritten with the signed-in identity, so that nobody can speak for another. Never stored.

Who comes by single requests has no session that lasts: such an entry belongs to a `Visitor`, a person and a client_id,
on the process that took it. It lives longer without renewal, and is withdrawn when the stream or poll that stands for
it ends, wherever that is.
"""

import json
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass

Owner = Hashable
"""Whoever may change an entry: a session of this process, a visitor of it, or another process."""

SILENCE = 30.0
"""Seconds after which y-protocols clients themselves forget a peer; they renew every 15."""
VISITOR_SILENCE = 45.0
"""The same for visitors, and for what another process says, which doesn't tell of which kind it is."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client that speaks by single requests. Two of them are the same owner if person and client_id are."""

    user_id: int
    client_id: int


@dataclass(frozen=True, slots=True)
class Presence:
    client_id: int
    clock: int
    state: bytes | None
    """JSON, or None: this client is gone."""


@dataclass(slots=True)
class _Known:
    presence: Presence
    owner: Owner
    user_id: int | None
    seen: float
    silence: float
    """Seconds after `seen` until it counts as gone."""
    remote: bool

    @property
    def here(self) -> bool:
        return self.presence.state is not None


class AwarenessTable:
    """client_id → its newest state. Each method returns what others must now be told."""

    def __init__(self, most_of_one: int = 64) -> None:
        """`most_of_one`: clients that one person may have here; further ones are dropped."""
        self._known: dict[int, _Known] = {}
        self._most_of_one = most_of_one
        self.dropped = 0
        """Entries that were no JSON object, or one client too many. Others' are dropped too, but stock clients re-send
        those all the time."""

    def apply(
        self,
        entries: Iterable[tuple[int, int, bytes | None]],
        *,
        owner: Owner,
        user_id: int | None,
        identity: Mapping[str, object],
        now: float,
    ) -> list[Presence]:
        """Take what a session says of itself; silently drop what it says of others."""
        taken = []
        for client_id, clock, state in entries:
            known = self._known.get(client_id)
            if known is not None and known.owner != owner and (known.user_id != user_id or self._speaks(owner)):
                # The same person may take theirs over, as in a reconnect before the dead socket was noticed; but who
                # speaks for a client already only repeats what it heard, of the same person's other page.
                continue
            if not self._rises(client_id, clock, state, owner, now):
                continue
            if known is None and (state is None or self._count(user_id) >= self._most_of_one):
                self.dropped += state is not None
                continue
            stamped = None if state is None else _stamp(state, identity)
            self.dropped += stamped is None and state is not None
            if stamped is not None or state is None:
                silence = VISITOR_SILENCE if isinstance(owner, Visitor) else SILENCE
                self._known[client_id] = _Known(
                    Presence(client_id, clock, stamped), owner, user_id, now, silence, remote=False
                )
                taken.append(self._known[client_id].presence)
        return taken

    def apply_remote(
        self, entries: Iterable[tuple[int, int, bytes | None]], *, owner: Owner, now: float
    ) -> list[Presence]:
        """Take what another process of ours says; it has checked ownership and stamped the identity already."""
        taken = []
        for client_id, clock, state in entries:
            if self._rises(client_id, clock, state, owner, now):
                known = self._known.get(client_id)
                # Who is gone says no more whose it was; should they come back, it is still theirs.
                user_id = known.user_id if state is None and known is not None else _user_id(state)
                self._known[client_id] = _Known(
                    Presence(client_id, clock, state), owner, user_id, now, VISITOR_SILENCE, remote=True
                )
                taken.append(self._known[client_id].presence)
        return taken

    def drop(self, owner: Owner) -> list[Presence]:
        """The owner left: all of its entries are gone, at their own clock, which y-protocols takes as a removal."""
        gone = [client_id for client_id, known in self._known.items() if known.owner == owner and known.here]
        return [self._remove(client_id) for client_id in gone]

    def withdraw(self, visitor: Visitor) -> list[Presence]:
        """What stood for the visitor has ended: its entry is gone, whichever process took it. A session of this process
        that has the same client_id keeps it."""
        known = self._known.get(visitor.client_id)
        if known is None or not known.here or known.user_id != visitor.user_id:
            return []
        return [self._remove(visitor.client_id)] if known.remote or known.owner == visitor else []

    def expire(self, now: float) -> list[Presence]:
        """Entries silent for too long are gone; what was gone that long is forgotten."""
        silent = [client_id for client_id, known in self._known.items() if now - known.seen > known.silence]
        gone = []
        for client_id in silent:
            if self._known[client_id].presence.state is None:
                del self._known[client_id]
            else:
                gone.append(self._remove(client_id))
                self._known[client_id].seen = now
        return gone

    def all(self) -> list[Presence]:
        return [known.presence for known in self._known.values() if known.here]

    def all_and_gone(self) -> list[Presence]:
        """Also those that went lately, for a reader who wasn't told when they did."""
        return [known.presence for known in self._known.values()]

    def told_here(self, also: Collection[Visitor] = ()) -> list[Presence]:
        """What this process answers for: its sessions' and visitors' entries, and of other processes' those that
        something here stands for."""
        theirs = {(visitor.client_id, visitor.user_id) for visitor in also}
        return [
            known.presence
            for client_id, known in self._known.items()
            if known.here and (not known.remote or (client_id, known.user_id) in theirs)
        ]

    def owner_of(self, client_id: int) -> Owner | None:
        known = self._known.get(client_id)
        return None if known is None else known.owner

    def _speaks(self, owner: Owner) -> bool:
        return any(k.owner == owner and k.presence.state is not None for k in self._known.values())

    def _rises(self, client_id: int, clock: int, state: bytes | None, owner: Owner, now: float) -> bool:
        known = self._known.get(client_id)
        if known is None or clock > known.presence.clock:
            return True
        if clock == known.presence.clock:
            if known.owner == owner:
                known.seen = now
            return (state is None) != (known.presence.state is None) or known.owner != owner
        return False

    def _count(self, user_id: int | None) -> int:
        return sum(known.user_id == user_id for known in self._known.values())

    def _remove(self, client_id: int) -> Presence:
        known = self._known[client_id]
        known.presence = Presence(client_id, known.presence.clock, None)
        return known.presence


def _stamp(state: bytes, identity: Mapping[str, object]) -> bytes | None:
    """The state with its `user` set to who is signed in, or None when it is no JSON object."""
    try:
        fields = json.loads(state)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    fields["user"] = identity
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def _user_id(state: bytes | None) -> int | None:
    if state is None:
        return None
    user = json.loads(state).get("user")
    return user.get("id") if isinstance(user, dict) else None
