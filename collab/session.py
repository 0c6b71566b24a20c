"""One client in one room: who it is, what it may, what it was told and what was acknowledged. Knows no socket."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from collab import closing
from collab.budget import Budget
from collab.closing import Closing
from collab.dialects import Dialect
from collab.metrics import COUNTERS
from collab.outbox import Kept, Outbox, Transport

LIMITS = settings.LIMITS
NOWHERE = -1
"""A cursor before every entry: what a session missed is all there is."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in, and by what."""

    user_id: int
    name: str
    color: str
    session_key: str | None = None
    token_id: UUID | None = None
    listed: bool = False
    """Its session is in the list of sessions, so that whoever takes it off there ends it, whatever Redis knows."""
    read_only: bool = False
    """A token of scope `read`."""

    @property
    def proof(self) -> str | None:
        """What ends this sign-in when it is named in `signals.sessions_ended`: a session's key, or `token:ID`."""
        return self.session_key if self.token_id is None else f"token:{self.token_id}"

    def public(self) -> dict[str, object]:
        return {"id": self.user_id, "name": self.name, "color": self.color}


def unheard(*_: object) -> None:
    """In the place of somebody who listens no more."""


class Session:
    """A client in a room, spoken to in its own dialect.

    Acks are cumulative: `acknowledge(n)` says that the first n Update or SyncStep2 frames of this connection are
    committed, or held nothing new.
    """

    def __init__(
        self,
        identity: Identity,
        transport: Transport,
        *,
        dialect: Dialect,
        may_edit: bool,
        access_version: int,
        brief: bool = False,
        held: bool = False,
        budget: "Budget | None" = None,
    ):
        """`held`: entries wait until `resume` has brought the client up to the room. `budget`: one that it shares with
        the client's other sessions."""
        self.identity = identity
        self.brief = brief
        """Here for one request: not one of the connections that are counted, and ended by its own answer."""
        self.held = held
        self.may_edit = may_edit and not identity.read_only
        self.access_version = access_version
        self.was_refused = False
        """An edit of it was refused at its commit, or could not be stored. Nothing later is taken, even if its right
        returns at once: an ack of that would cover the one that is missing, and what builds on it would wait for it for
        ever."""
        self.received = 0
        self.acknowledged = 0
        self.cursor = 0
        """Every entry up to here was sent, if the client had what was there when it joined: see `caught_up`."""
        self.caught_up = False
        """It was sent what it lacked when it came."""
        self.closing: Closing | None = None
        self._first_refused = 0
        """The number of the first frame that was not taken; 0 for none."""
        self._refused_early: list[int] = []
        """Of those that were not taken, while ones before them still waited for their commit."""
        self.rejoin: Callable[[], None] = unheard
        """Set by the room: sends what an overflowed outbox dropped."""
        self._transport = transport
        self._dialect = dialect
        self._told_cursor: tuple[int, int] | None = None
        self._sure = NOWHERE
        """Every entry up to here has left the outbox; what follows is lost should it overflow."""
        self._closer: asyncio.Task[None] | None = None
        self._outbox = Outbox(transport, fell_behind=lambda: self.rejoin(), stuck=self._give_up)
        self._budget = budget or Budget()

    @property
    def answers(self) -> bool:
        return self._dialect.answers

    @property
    def transport(self) -> str:
        """What it comes by, in logs and numbers."""
        return self._dialect.transport

    @property
    def waiting_bytes(self) -> int:
        return self._outbox.waiting_bytes

    def send(self, frame: bytes) -> None:
        """A message in the room's words; see `Dialect.frame`."""
        said = self._dialect.frame(frame)
        if said is not None:
            self._put(said)

    def deliver(self, frame: bytes, epoch: int, seq: int) -> None:
        """An Update message with the entries that follow `cursor`, up to `seq`."""
        if self.held:
            return
        said = self._dialect.entries(frame, epoch, seq)
        if said is not None:
            if self._outbox.flows:
                # What follows, for nearly everybody nearly always, and without a call that isn't needed.
                self._sure = self.cursor if self.caught_up else NOWHERE
                if self._transport.send_now(said):
                    self.cursor = seq
                    return
            self._put(said)
        self.passed(seq)

    def passed(self, seq: int) -> None:
        """The client knows everything up to `seq`."""
        if not self.misses_frames:
            self.cursor = seq

    def tell_cursor(self, epoch: int) -> None:
        """Say how far the client is now, if that is news and true."""
        if self.misses_frames or self._told_cursor == (epoch, self.cursor):
            return
        self._told_cursor = (epoch, self.cursor)
        said = self._dialect.cursor(epoch, self.cursor)
        if said is not None:
            self._put(said)

    def notify(self, notice: Mapping[str, Any]) -> None:
        said = self._dialect.notice(notice)
        if said is not None:
            self._put(said)

    def _put(self, said: bytes) -> None:
        if not self._outbox.behind:
            self._sure = self.cursor if self.caught_up else NOWHERE
        self._outbox.put(said)
        if self._outbox.overflowed:
            self.cursor = self._sure

    @property
    def misses_frames(self) -> bool:
        """Its outbox overflowed: nothing is sent until it has drained and `rejoin` brought it up to date. Or it is held
        until its room has found what it missed before."""
        return self._outbox.overflowed or self.held

    @property
    def told(self) -> int | None:
        """The cursor, if all up to it went out to the client; None when part of it waits or was dropped."""
        on_its_way = self.caught_up and not self._outbox.behind and not self._outbox.closed and not self.misses_frames
        return self.cursor if on_its_way else None

    @property
    def open(self) -> bool:
        return self.closing is None and not self._outbox.closed

    def acknowledge(self, number: int) -> None:
        if number > self.acknowledged:
            before, self.acknowledged = self.acknowledged, number
            more, up_to = number - before, number
            if self._first_refused:
                passed = [refused for refused in self._refused_early if refused <= number]
                del self._refused_early[: len(passed)]
                more, up_to = more - len(passed), min(number, self._first_refused - 1)
            for said in self._dialect.acks(more, up_to):
                self._put(Kept(said))

    def refuse(self) -> None:
        """The frame received last was not taken: this client may only read."""
        for said in self._dialect.refusal(bool(self._first_refused)):
            self._put(Kept(said))
        self._first_refused = self._first_refused or self.received
        if self.acknowledged == self.received - 1:
            self.acknowledged = self.received
        else:
            self._refused_early.append(self.received)

    def close(self, reason: Closing) -> None:
        """End the session, with a reason. May be called any number of times; the first counts."""
        if self.closing is not None:
            return
        self.closing = reason
        COUNTERS[f"closed_{reason.code}"] += 1
        self._closer = asyncio.get_running_loop().create_task(self._close(reason))

    def leave(self) -> None:
        """The client has left, though its connection may live on: nothing more is said to it."""
        self._outbox.close()

    def affords(self, size: int) -> bool:
        """One more update of `size` bytes is within the session's rate, and was taken from it."""
        return self._budget.affords(size, asyncio.get_running_loop().time)

    def affords_message(self) -> bool:
        """The same for a message that is no update."""
        return self._budget.affords_message(asyncio.get_running_loop().time)

    async def throttle(self, size: int) -> None:
        """Wait until one more update of `size` bytes is within the session's rate: a flooder slows only itself."""
        await self._wait(self._budget.spend(size))

    async def throttle_message(self) -> None:
        """The same for a message that is no update."""
        await self._wait(self._budget.spend_message())

    async def _wait(self, within_rate: bool) -> None:
        if within_rate:
            return
        delay = self._budget.refill(asyncio.get_running_loop().time())
        if delay > 0:
            COUNTERS["throttled"] += 1
            await asyncio.sleep(delay)

    async def _close(self, reason: Closing) -> None:
        try:
            async with asyncio.timeout(2.0):
                await self._outbox.drained()
                await self._transport.close(reason)
        except (TimeoutError, OSError):
            self._transport.abort()
        finally:
            self._outbox.close()

    def _give_up(self) -> None:
        self.closing = self.closing or closing.TOO_SLOW
        self._transport.abort()
