"""Who is where in one document: y-protocols' awareness table, owned by the server. Pure.

An entry is taken only from the session that introduced its client_id (honest y-websocket clients re-send everybody's
entries; relayed raw, 20 clients turned one cursor move into 400 frames), its clock must rise, and its `user` field is
overwritten with the signed-in identity, so that nobody can speak for another. Never stored.
"""

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

Owner = Hashable
"""Whoever may change an entry: a session of this process, or another process."""

SILENCE = 30.0
"""Seconds after which y-protocols clients themselves forget a peer; they renew every 15."""


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


class AwarenessTable:
    """client_id → its newest state. Each method returns what others must now be told."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

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
            if state is None:
                if known is not None:
                    taken.append(self._set(Presence(client_id, clock, None), owner, user_id, now))
            elif (stamped := _stamp(state, identity)) is not None:
                taken.append(self._set(Presence(client_id, clock, stamped), owner, user_id, now))
        return taken

    def apply_remote(
        self, entries: Iterable[tuple[int, int, bytes | None]], *, owner: Owner, now: float
    ) -> list[Presence]:
        """Take what another process of ours says; it has checked ownership and stamped the identity already."""
        taken = []
        for client_id, clock, state in entries:
            if self._rises(client_id, clock, state, owner, now):
                taken.append(self._set(Presence(client_id, clock, state), owner, _user_id(state), now))
        return taken

    def drop(self, owner: Owner) -> list[Presence]:
        """The owner left: all of its entries are gone, at their own clock, which y-protocols takes as a removal."""
        gone = [k.presence.client_id for k in self._known.values() if k.owner == owner and k.presence.state is not None]
        return [self._remove(client_id) for client_id in gone]

    def expire(self, now: float) -> list[Presence]:
        """Entries silent for longer than SILENCE are gone; what was gone that long is forgotten."""
        silent = [client_id for client_id, known in self._known.items() if now - known.seen > SILENCE]
        gone = []
        for client_id in silent:
            if self._known[client_id].presence.state is None:
                del self._known[client_id]
            else:
                gone.append(self._remove(client_id))
                self._known[client_id].seen = now
        return gone

    def all(self) -> list[Presence]:
        return [known.presence for known in self._known.values() if known.presence.state is not None]

    def owned_by(self, owner: Owner) -> list[Presence]:
        return [k.presence for k in self._known.values() if k.owner == owner and k.presence.state is not None]

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

    def _set(self, presence: Presence, owner: Owner, user_id: int | None, now: float) -> Presence:
        self._known[presence.client_id] = _Known(presence, owner, user_id, now)
        return presence

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
