"""A room as a reader of its document's log: entries come in from anywhere, and leave in order, each once.

`deliver` is the one way in, whoever wrote the entries: our writer, another process by relay, an action, the log itself.
`catch_up` is the one recovery: a gap, a lost message, a Redis restart, a process waking up all end there.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any
from uuid import UUID

from collab.metrics import COUNTERS
from collab.replica import Ranges, Replica, scan_stored
from collab.session import unheard
from collab.threads import in_reader
from documents import log as document_log
from documents import merging
from documents.log import DocumentGone, Entry

GAP_PATIENCE = 0.05
"""Seconds to wait for the relay to bring what is missing before it is read from the log. Another process that commits
to the same document makes such gaps all the time, for the fraction of a millisecond its message takes."""
ENTRIES_AT_ONCE = 1000
AHEAD = 4_000
"""Entries beyond a gap that wait for what is missing. More come only while the log can't be read here though others go
on writing it, and are found in it later."""

Span = tuple[Ranges, Ranges]
"""What an update holds, as the guard found it: (structs, deletes)."""

Run = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class Follower:
    def __init__(
        self,
        document_id: UUID,
        replica: Replica,
        *,
        run: Run,
        fresh: Callable[[list[Entry]], None],
        replaced: Callable[[bytes], None],
        resized: Callable[[], None],
    ) -> None:
        """`run` starts tasks that end with the room; `fresh` takes what a catch-up found; `replaced` an update with all
        that a newly loaded replica has over the old one; `resized` hears that the replica takes more or fewer bytes."""
        self.replica = replica
        self._document_id = document_id
        self._run, self._fresh, self._replaced, self._resized = run, fresh, replaced, resized
        self._ahead: dict[int, Entry] = {}
        self._gap_timer: asyncio.TimerHandle | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._settling: asyncio.Task[None] | None = None

    def deliver(self, epoch: int, entries: Iterable[Entry], spans: Mapping[int, Span] | None = None) -> list[Entry]:
        """Take entries, and return those that are now next in order, for the sessions. Entries beyond a gap wait for
        what is missing. `spans` by seq spares scanning what the guard has scanned."""
        if epoch != self.replica.epoch:
            self.catch_up()
            return []
        for entry in entries:
            if entry.seq > self.replica.head:
                self._ahead[entry.seq] = entry
        fresh: list[Entry] = []
        while (entry_next := self._ahead.pop(self.replica.head + 1, None)) is not None:
            span = (spans or {}).get(entry_next.seq)
            if span is None:
                found = scan_stored(entry_next.update)
                span = found.structs, found.deletes
            structs, deletes = span
            self.replica.add(entry_next, structs, deletes)
            fresh.append(entry_next)
        if len(self._ahead) > AHEAD:
            self._ahead.clear()
            self.catch_up()
        if self._ahead and self._gap_timer is None:
            self._gap_timer = asyncio.get_running_loop().call_later(GAP_PATIENCE, self._gap)
        self._resized()
        if self.replica.wants_settling and self._settling is None:
            self._settling = self._run(self._settle())
        return fresh

    def head_is(self, epoch: int, head: int) -> None:
        """Somebody looked at the log, or says how far it is."""
        if epoch != self.replica.epoch or head > self.replica.head:
            self.catch_up()

    def catch_up(self) -> asyncio.Task[None]:
        """Read from the log what is missing; one reading at a time."""
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = self._run(self._catch_up())
        return self._catching_up

    def load_smaller(self) -> asyncio.Task[None]:
        """The stored state takes fewer bytes now than what was put together here."""
        return self._run(self._load_smaller())

    async def caught_up(self) -> None:
        """Returns when what the log held at the time of asking is here, or could not be read."""
        if self._catching_up is not None and not self._catching_up.done():
            await asyncio.wait([self._catching_up])  # it may have read before that
        await asyncio.wait([self.catch_up()])

    def stop(self) -> None:
        if self._gap_timer is not None:
            self._gap_timer.cancel()
        self._run, self._fresh, self._replaced, self._resized = _idle, unheard, unheard, unheard

    async def _catch_up(self) -> None:
        COUNTERS["catch_ups"] += 1
        while True:
            heads = await in_reader(document_log.heads, [self._document_id])
            stands = heads.get(self._document_id)
            if stands is None:
                raise DocumentGone(str(self._document_id))
            if stands.epoch != self.replica.epoch:
                await self._load_anew()
                return
            if stands.head <= self.replica.head:
                return
            entries = await in_reader(document_log.entries_after, self._document_id, self.replica.head, ENTRIES_AT_ONCE)
            # Below the floor entries live on for a while; only when ours are gone is the snapshot needed.
            if not entries or entries[0].seq > self.replica.head + 1:
                await self._load_anew()
                return
            self._fresh(self.deliver(stands.epoch, entries))

    async def _load_anew(self) -> None:
        """The cursor is below what is kept in pieces, or the history was replaced: the same as a first visit."""
        COUNTERS["resyncs"] += 1

        def load(before: Replica) -> tuple[Replica, bytes]:
            replica = Replica(document_log.load(self._document_id))
            return replica, merging.diff(replica.everything(), before.state_vector())

        self.replica, update = await in_reader(load, self.replica)
        self._ahead.clear()
        self._replaced(update)

    async def _load_smaller(self) -> None:
        """The same content, so nobody need be told. Never one that is behind: no cursor may go back. A full document
        takes no edits meanwhile; for one that is only large, the next compaction is another chance."""
        replica = await in_reader(lambda: Replica(document_log.load(self._document_id)))
        now = self.replica
        if (replica.epoch, replica.head) == (now.epoch, now.head) and replica.size < now.size:
            self.replica = replica
            self._resized()

    async def _settle(self) -> None:
        try:
            self.replica.apply_settled(await in_reader(self.replica.settle))
            self._resized()
        finally:
            self._settling = None

    def _gap(self) -> None:
        self._gap_timer = None
        if self._ahead:
            COUNTERS["gaps"] += 1
            self.catch_up()


def _idle(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Runs nothing any more."""
    work.close()
    return asyncio.get_running_loop().create_task(asyncio.sleep(0))
