"""Group commit: everything that arrived while the last commit ran goes into the next one, as one transaction. Where
commits follow each other closely, each but those of a single document waits for a moment, for company.

One task and one thread a process, so that a process's writes have one order. Saved means committed: `Room.committed` is
called only after the commit, and nothing else leads to an ack. When the database is down the batch is kept, in order,
and tried again; rooms are told, relay what waits as *not saved*, and turn new writes away when too much of it
gathers.

A commit to SQLite on a quick disk takes less than the way to a thread and back. So as long as it does, it is made
on the event loop, at the end of the turn in which its updates came in (ADR 0022). Whatever slows it down (another who
writes, changed rights, any failure, the disk itself) sends it to the thread.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID
from weakref import ref

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection, transaction

from collab import closing, rights
from collab.metrics import COUNTERS, histogram
from collab.replica import Ranges
from collab.session import Session
from documents import log as document_log
from documents.log import Batch, Outcome
from documents.merging import UnreadableUpdate

log = logging.getLogger(__name__)

RETRY_FIRST = 0.1
RETRY_MOST = 2.0
SILENT_SECONDS = 3.0
"""A commit that takes so long may yet succeed (a disk that hangs, a network that swallows, somebody who holds SQLite's
write lock), and is waited for. But people must see each other's edits meanwhile, and what gathers has a bound only once
it counts as unsaved."""
# What one transaction takes: more rooms or updates wait for the next, so that a flood can't stretch everybody's ack.
BATCH_UPDATES = 5_000

QUICK_SHARE = 0.4
"""Commits on the loop that take more than this share of its time were the last ones there: in the thread they go on
while the loop takes in what the next one gathers …"""
SLOW_SECONDS = 0.008
"""… and so were those that take so long, however few they are …"""
QUICK_AGAIN_SECONDS = 1.0
"""… for so long. All by running means, in which …"""
HICCUP_SECONDS, PAUSE_SECONDS = 0.01, 0.1
"""… one commit, and one pause between two, count for no more: on a busy machine any takes long now and then."""

REST_SECONDS = 0.004
"""After a commit another document's waits for so long, and takes along what comes meanwhile: one of ten documents costs
as much as three of one. What is written in one document alone, or after a pause, never waits."""

AWAY = (OperationalError, InterfaceError, InternalError)
"""What the database says when it is away, full, or may only be read (a standby that isn't promoted yet, which
PostgreSQL calls an internal error): no fault of what is to be stored, which waits."""

COMMIT_SECONDS = histogram("commit_seconds")
BATCH = histogram("batch_updates")


@dataclass(slots=True)
class Write:
    """One frame of a session on its way to the log. `update` None: it held nothing new, and is only acknowledged in
    order."""

    session: Session
    number: int
    update: bytes | None
    structs: Ranges = ()
    deletes: Ranges = ()
    access_version: int = 0
    """The version of rights at which its author might write. It is older than the room's if rights changed since."""
    held: bool = False
    """It was relayed as not saved, because the database was down."""
    at: float = field(default_factory=time.perf_counter)
    """When it was taken in."""


class Room(Protocol):
    """What the writer needs of a room: where its writes belong, and somebody to tell."""

    document_id: UUID

    def committed(self, outcome: Outcome | None, writes: list[Write]) -> None:
        """The writes are stored, as `outcome` says; None when none of them held anything."""

    def unsaved(self, writes: list[Write]) -> None:
        """The database is down; the writes are kept and tried again."""

    def dropped(self, writes: list[Write]) -> None:
        """The writes don't wait any more. They can't be stored, or they are of sessions of which one before them was
        refused: without it they'd be torn from the log."""

    def fail(self) -> None:
        """The outcome couldn't be taken: the room's clients must come back and send theirs again."""


class Writer:
    def __init__(self) -> None:
        self._waiting: dict[Room, list[Write]] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._task: asyncio.Task[None] | None = None
        self._quick: document_log.Quick | None = None
        self._quick_from = 0.0
        self._taking, self._pausing = 0.0, PAUSE_SECONDS
        """Of commits on the loop and of the pauses between them: their running means in seconds."""
        self._ended_at = 0.0
        """When the last commit did."""
        self._last: Callable[[], Room | None] = lambda: None
        """The room of the last commit, if it was of one alone, and is still there."""
        self._turn_ends: asyncio.Handle | None = None
        self._committing = False
        self._failing = False
        """The database is down, or silent: what is submitted now won't be acknowledged soon."""

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())
        self._thread.submit(self._get_ready)

    async def stop(self, within: float) -> None:
        """Write what is waiting, for at most `within` seconds, then end."""
        try:
            async with asyncio.timeout(within):
                await self._idle.wait()
        except TimeoutError:
            log.error("stopping with unsaved updates in %d documents", len(self._waiting))
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True)

    def submit(self, room: Room, write: Write) -> None:
        """Queue a write; the room hears of its commit, in the order of submission."""
        self._waiting.setdefault(room, []).append(write)
        if self._failing:
            room.unsaved([write])
        self._idle.clear()
        if not self._committing:
            self._go_on()

    def _go_on(self) -> None:
        """Have what waits committed, by the loop if that is quick, else by the thread. That waits for the turn's end,
        too: its first commit would be of the one update that came in first, and the others' a commit later."""
        if self._quick is None or self._failing:
            self._wake.set()
        elif self._turn_ends is None:
            loop, rest = asyncio.get_running_loop(), self._rest()
            if rest > 0:
                self._turn_ends = loop.call_later(rest, self._commit_quickly)
            else:
                self._turn_ends = loop.call_soon(self._commit_quickly)

    def _rest(self) -> float:
        """Seconds until the next commit may begin."""
        if self._last() in self._waiting:
            return 0.0
        return max(0.0, self._ended_at + REST_SECONDS - time.perf_counter())

    def _note(self, taken: dict[Room, list[Write]]) -> None:
        """A commit has ended."""
        self._ended_at = time.perf_counter()
        self._last = ref(next(iter(taken))) if len(taken) == 1 else lambda: None

    @property
    def _is_quick(self) -> bool:
        return self._quick is not None and not self._failing and time.perf_counter() >= self._quick_from

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._committing = True
            while self._waiting:
                if (rest := self._rest()) > 0:
                    await asyncio.sleep(rest)
                await self._commit_next()
                if self._is_quick:
                    break
            self._committing = False
            if self._waiting:
                self._go_on()
            else:
                self._idle.set()

    async def _commit_next(self) -> None:
        """Apart from its loop, which would hold the rooms of the last commit until the next one."""
        taken = self._take()
        try:
            await self._commit(taken)
        except Exception:
            for room, writes in taken.items():
                _fail(room, writes)
        self._note(taken)

    def _commit_quickly(self) -> None:
        self._turn_ends = None
        started = time.perf_counter()
        if self._committing or not self._waiting:
            return
        if self._quick is None or not self._is_quick:
            self._wake.set()
            return
        taken = self._take()
        batches = _batches(taken)
        due = [batch for batch in batches.values() if batch.writes]
        try:
            found = self._quick.commit(due) if due else []
        except Exception:
            found = None  # whatever it is, the thread will meet it too, and knows what to do
        took = time.perf_counter() - started
        self._taking += (min(took, HICCUP_SECONDS) - self._taking) / 8
        self._pausing += (min(started - self._ended_at, PAUSE_SECONDS) - self._pausing) / 8
        share = self._taking / (self._taking + self._pausing)
        if self._taking > SLOW_SECONDS or share > QUICK_SHARE:
            self._taking, self._quick_from = 0.0, started + took + QUICK_AGAIN_SECONDS
        self._note(taken)
        if found is None:
            self._waiting = {**taken, **self._waiting}
            self._wake.set()
            return
        if due:
            _observe(took, due)
        self._deliver(taken, found)
        if self._waiting:
            self._go_on()
        else:
            self._idle.set()

    def _take(self) -> dict[Room, list[Write]]:
        taken: dict[Room, list[Write]] = {}
        count = 0
        while self._waiting and count < BATCH_UPDATES:
            room = next(iter(self._waiting))
            writes = self._waiting.pop(room)
            if any(write.session.was_refused for write in writes):
                room.dropped([write for write in writes if write.session.was_refused])
                writes = [write for write in writes if not write.session.was_refused]
            if writes:
                taken[room] = writes
                count += len(writes)
        return taken

    async def _commit(self, taken: dict[Room, list[Write]]) -> None:
        """Returns when every room of `taken` was answered."""
        batches = _batches(taken)
        due = [batch for batch in batches.values() if batch.writes]
        found: list[Outcome] = []
        delay = RETRY_FIRST
        while due:
            try:
                started = time.perf_counter()
                silence = asyncio.get_running_loop().call_later(
                    SILENT_SECONDS, self._tell_unsaved, taken, f"no answer for {SILENT_SECONDS:g} s"
                )
                try:
                    found = await self._in_thread(due)
                finally:
                    silence.cancel()
                _observe(time.perf_counter() - started, due)
                break
            except AWAY as error:
                COUNTERS["commit_failed"] += 1
                self._tell_unsaved(taken, error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, RETRY_MOST)
            except (DatabaseError, UnreadableUpdate):
                # Not the database but something in the batch: alone, all others go through, and the culprit shows.
                COUNTERS["commit_refused"] += 1
                self._failing = False
                if not await self._divide(taken):
                    about = {"document_id": str(due[0].document_id)}
                    log.exception("an update of %s cannot be stored", due[0].document_id, extra=about)
                    for room, writes in taken.items():
                        writes[0].session.was_refused = True
                        writes[0].session.close(closing.MALFORMED)
                        room.dropped(writes)
                return
        self._failing = False
        self._deliver(taken, found)

    def _tell_unsaved(self, taken: dict[Room, list[Write]], why: object) -> None:
        if not self._failing:
            self._failing = True
            log.error("commit failed, keeping %d documents' updates: %s", len(taken), why)
            for room, writes in [*taken.items(), *self._waiting.items()]:
                room.unsaved(writes)

    @staticmethod
    def _deliver(taken: dict[Room, list[Write]], found: list[Outcome]) -> None:
        outcomes = {outcome.document_id: outcome for outcome in found}
        for room, writes in taken.items():
            try:
                room.committed(outcomes.get(room.document_id), writes)
            except Exception:
                _fail(room, writes)
        COUNTERS["commits"] += 1

    async def _divide(self, taken: dict[Room, list[Write]]) -> bool:
        """Commit room by room, then write by write; False when there is only one write left."""
        if len(taken) > 1:
            for room, writes in taken.items():
                await self._commit({room: writes})
            return True
        [(room, writes)] = taken.items()
        if len(writes) > 1:
            for write in writes:
                if write.session.was_refused:
                    room.dropped([write])
                else:
                    await self._commit({room: [write]})
        return len(writes) > 1

    async def _in_thread(self, batches: list[Batch]) -> list[Outcome]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, _commit_now, batches)

    def _get_ready(self) -> None:
        try:
            # A first commit without a connection would hear that the database is away when its pool has given up, after
            # seconds, and nobody would be told before.
            connection.ensure_connection()
            self._quick = document_log.quick()
        except DatabaseError:
            log.warning("the database does not answer: no commits on the event loop")

    def _close(self) -> None:
        if self._quick is not None:
            self._quick.close()
        connection.close()


def _batches(taken: dict[Room, list[Write]]) -> dict[Room, Batch]:
    # Not the room's version: it may have learned of new rights while these waited, and they were checked by the old.
    return {
        room: Batch(room.document_id, min(write.access_version for write in writes), _updates(writes))
        for room, writes in taken.items()
    }


def _observe(seconds: float, batches: list[Batch]) -> None:
    COMMIT_SECONDS.observe(seconds)
    BATCH.observe(sum(len(batch.writes) for batch in batches))


def _fail(room: Room, writes: list[Write]) -> None:
    """One room's fault must not stop everybody's writes; its clients keep theirs and send them again."""
    about = {"document_id": str(room.document_id)}
    log.exception("a commit's outcome could not be delivered to %s", room.document_id, extra=about)
    room.dropped(writes)
    room.fail()


def _updates(writes: list[Write]) -> list[tuple[int | None, bytes]]:
    return [(write.session.identity.user_id, write.update) for write in writes if write.update is not None]


def _commit_now(batches: list[Batch]) -> list[Outcome]:
    try:
        return document_log.commit(batches, rights.may_write)
    except AWAY:
        # The connection may be what is broken; the next try gets a fresh one.
        if not transaction.get_connection().in_atomic_block:
            connection.close()
        raise
