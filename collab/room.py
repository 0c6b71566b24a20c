"""One open document in one process: who is there, and what they are told.

The way of an update, top to bottom: `intake` decodes, guards and queues it → the writer commits → `committed`
acknowledges, tells the sessions here and the other processes → there, `heard`. Which entries are next, and how to get
those that are missing, the follower knows. Everything here runs on the event loop and awaits no client.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Coroutine, Iterable
from typing import Any, Literal
from uuid import UUID

from django.conf import settings

from collab import catching_up, closing, rights
from collab.awareness import RoomAwareness
from collab.build import build
from collab.closing import Closing
from collab.follower import Follower, Span
from collab.metrics import COUNTERS, histogram
from collab.protocol import messages
from collab.relay import Message, Relay
from collab.replica import Range, Replica
from collab.rights import Standing
from collab.session import NOWHERE, Session, unheard
from collab.threads import in_reader
from collab.writer import AWAY, Write, Writer
from documents import merging
from documents.log import DocumentGone, Entry, Outcome
from presence.awareness import Visitor

log = logging.getLogger(__name__)

LIMITS = settings.LIMITS
ACK_SECONDS = histogram("ack_seconds")
RELAY_BYTES = 64_000
"""Entries larger than this are not relayed; the others are told to read the log."""
CURSOR_WINDOW = 0.25
HEARTBEAT = 15
"""Seconds after which a silent connection is sent a data frame: stock clients hang up after 30 without one."""


Size = Literal["fine", "large", "full"]


class Room:
    def __init__(self, document_id: UUID, replica: Replica, access_version: int, relay: Relay, writer: Writer) -> None:
        self.document_id = document_id
        self.access_version = access_version
        self.sessions: set[Session] = set()
        self._crowd: Counter[tuple[bool, int | None]] = Counter()
        """Sessions by (brief, user); None for all users. Counted, because each who joins asks."""
        self.awareness = RoomAwareness(document_id, relay, self._broadcast)
        self.touched = 0.0
        """Loop time of the last change, of content or of sessions."""
        self._relay = relay
        self._writer = writer
        self._follower = Follower(
            document_id,
            replica,
            run=self.run,
            fresh=self._tell,
            replaced=self._tell_replaced,
            resized=self._tell_size,
        )
        self._size_told = self.size
        self._cursor_timer: asyncio.TimerHandle | None = None
        self._unsaved_bytes = 0
        self._unsaved_told: set[Session] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def replica(self) -> Replica:
        return self._follower.replica

    @property
    def has_unsaved(self) -> bool:
        """The database is down, and edits wait for it."""
        return self._unsaved_bytes > 0

    @property
    def unsaved_bytes(self) -> int:
        return self._unsaved_bytes

    @property
    def size(self) -> Size:
        """A large document is warned about; a full one takes no more edits."""
        held = self.replica.size
        return "full" if held >= LIMITS.document_bytes else "large" if held >= LIMITS.document_warn_bytes else "fine"

    def size_notice(self) -> dict[str, object]:
        return {"kind": "size", "state": self.size, "bytes": self.replica.size, "limit": LIMITS.document_bytes}

    # --- sessions ---

    def join(self, session: Session) -> None:
        """The late joiner's order: the room was subscribed before it was loaded; now both sides ask, then who is
        here."""
        self.sessions.add(session)
        self._count(session, 1)
        self.touched = _now()
        session.cursor = self.replica.head
        session.rejoin = lambda: catching_up.after_overflow(self, session)
        session.notify(self._welcome(session))
        if self.size != "fine":  # before the question, so that edits without a place needn't be sent
            session.notify(self.size_notice())
        session.send(messages.encode_sync_step1(self.replica.state_vector()))
        session.send(self.awareness.frame())
        if self._unsaved_bytes:
            session.notify({"kind": "unsaved"})

    def leave(self, session: Session) -> None:
        if session in self.sessions:
            self.sessions.remove(session)
            self._count(session, -1)
        self.touched = _now()
        self.awareness.leave(session)
        session.rejoin = unheard

    def crowd(self, user_id: int, *, brief: bool) -> tuple[int, int]:
        """Sessions here, and this user's among them: those of single requests, or the others."""
        return self._crowd[brief, None], self._crowd[brief, user_id]

    def _count(self, session: Session, more: int) -> None:
        for key in ((session.brief, None), (session.brief, session.identity.user_id)):
            self._crowd[key] += more
            if not self._crowd[key]:
                del self._crowd[key]

    # --- the log ---

    def submit(self, write: Write) -> None:
        """On its way to the log; `committed` hears of it."""
        self._writer.submit(self, write)

    def committed(self, outcome: Outcome | None, writes: list[Write]) -> None:
        """The writes were stored (or refused, by rights that changed): acknowledge, then tell everybody else."""
        self._saved(writes)
        refused: set[Session] = set()
        if outcome is not None and outcome.gone:
            self.end(closing.GONE)
            return
        numbers: dict[Session, int] = {}
        index = 0
        for write in writes:
            if write.update is not None:
                if outcome is not None and index in outcome.refused:
                    refused.add(write.session)
                index += 1
            if write.session not in refused:
                numbers[write.session] = write.number
        for session, number in numbers.items():
            if session.open:
                session.acknowledge(number)
        now = time.perf_counter()
        for write in writes:
            ACK_SECONDS.observe(now - write.at)
        if refused:
            COUNTERS["refused_at_commit"] += len(refused)
            for session in refused:
                session.was_refused = True
            self.run(self.recheck_rights())
        if outcome is None or not outcome.entries:
            return
        COUNTERS["entries"] += len(outcome.entries)
        if log.isEnabledFor(logging.DEBUG):
            self._log_committed(outcome)
        stored = [write for write in writes if write.update is not None and write.session not in refused]
        authors = {write.session for write in stored}
        only_author = next(iter(authors)) if len(authors) == 1 else None
        fresh = self._follower.deliver(outcome.epoch, outcome.entries, _spans_of(outcome.entries, stored))
        self._tell(fresh, only_author if len(fresh) == len(outcome.entries) else None)
        self._publish_entries(outcome.epoch, outcome.entries)

    def _log_committed(self, outcome: Outcome) -> None:
        for entry in outcome.entries:
            about = {"document_id": str(self.document_id), "user_id": entry.author_id}
            size = len(entry.update)
            log.debug("committed %d.%d (%d bytes)", outcome.epoch, entry.seq, size, extra=about)

    def unsaved(self, writes: list[Write]) -> None:
        """The database is down: the writes wait. Others see them, marked as not saved; nobody gets an ack."""
        fresh = [write for write in writes if write.update is not None and not write.held]
        for write in fresh:
            assert write.update is not None
            write.held = True
            self._unsaved_bytes += len(write.update)
            self._broadcast(messages.encode_update(write.update), skip=write.session)
            if len(write.update) <= RELAY_BYTES:
                self._relay.publish(self.document_id, [b"u", write.update])
        if self._unsaved_bytes:
            self._notice(self.sessions - self._unsaved_told, "unsaved")
            self._unsaved_told = set(self.sessions)

    def dropped(self, writes: list[Write]) -> None:
        self._saved(writes)

    def fail(self) -> None:
        """Something is wrong with this document here. Its clients keep what they have and come back to a new room."""
        self.end(closing.INTERNAL)

    # --- entries of the log ---

    def catch_up(self) -> None:
        self._follower.catch_up()

    async def caught_up(self) -> None:
        """Returns when what the log held at the time of asking is here, or could not be read."""
        await self._follower.caught_up()

    def head_is(self, epoch: int, head: int) -> None:
        self._follower.head_is(epoch, head)

    def _tell(self, fresh: list[Entry], skip: Session | None = None) -> None:
        """Pass entries on, as one frame encoded once; `skip` wrote all of them, and needs no echo."""
        if not fresh:
            return
        self.touched = _now()
        update = fresh[0].update if len(fresh) == 1 else merging.merge([entry.update for entry in fresh])
        frame, epoch, head = messages.encode_update(update), self.replica.epoch, self.replica.head
        for session in list(self.sessions):
            if session is skip:
                session.passed(head)
            else:
                session.deliver(frame, epoch, head)
        self._schedule_cursors()

    def _tell_size(self) -> None:
        before, self._size_told = self._size_told, self.size
        if before == self._size_told:
            return
        for session in list(self.sessions):
            if before == "full" and session.may_edit:
                # As when rights are raised: what was refused comes with the next sync, and no ack may cover it before.
                session.close(closing.RIGHTS_CHANGED)
            else:
                session.notify(self.size_notice())

    def _tell_replaced(self, update: bytes) -> None:
        """Another replica was loaded: pass on what it has, and ask everybody what it lacks."""
        frame, epoch, head = messages.encode_update(update), self.replica.epoch, self.replica.head
        for session in list(self.sessions):
            if not session.answers:
                session.close(closing.RESYNC)
                continue
            if session.misses_frames:
                session.cursor = NOWHERE
            session.deliver(frame, epoch, head)
        self._broadcast(messages.encode_sync_step1(self.replica.state_vector()))
        self._schedule_cursors()
        self._tell_size()

    # --- other processes ---

    def heard(self, message: Message) -> None:
        """A message of the relay, already known not to be our own."""
        kind, sender = message[0], message[1]
        if kind == b"e":
            entries = [Entry(seq, author, update) for seq, author, update in message[3]]
            self._tell(self._follower.deliver(message[2], entries))
        elif kind == b"m":
            self.head_is(message[2], message[3])
        elif kind == b"a":
            self.awareness.heard(sender, message[2])
        elif kind == b"q":
            self.awareness.tell()
            self.announce_head()  # what was committed while it opened may not have been published
        elif kind == b"k":
            self.awareness.heard_claim(Visitor(user_id=message[3], client_id=message[2]))
        elif kind == b"l" and self.size != "fine":
            self._follower.load_smaller()
        elif kind == b"u":
            self._broadcast(messages.encode_update(message[2]))

    def announce_head(self) -> None:
        """Remind the other processes how far the log is, after messages may have been lost."""
        self._relay.publish(self.document_id, [b"m", self.replica.epoch, self.replica.head])

    def _publish_entries(self, epoch: int, entries: list[Entry]) -> None:
        if sum(len(entry.update) for entry in entries) > RELAY_BYTES:
            self._relay.publish(self.document_id, [b"m", epoch, entries[-1].seq])
        else:
            self._relay.publish(self.document_id, [b"e", epoch, [[e.seq, e.author_id, e.update] for e in entries]])

    # --- rights ---

    async def recheck_rights(self) -> None:
        """Rights changed somewhere: ask the policy anew for everybody here, and for who comes while it is asked."""
        asked: set[int] = set()
        while True:
            asked |= {session.identity.user_id for session in self.sessions}
            stands = await in_reader(rights.standing, self.document_id, asked)
            if stands is None:
                self.end(closing.GONE)
                return
            self._judge([s for s in self.sessions if s.identity.user_id in asked], stands)
            if all(session.identity.user_id in asked for session in self.sessions):
                # Not before: of who isn't asked yet, the commit must ask.
                self.access_version = max(self.access_version, stands.access_version)
                return

    def _judge(self, sessions: Iterable[Session], stands: Standing) -> None:
        for session in sessions:
            if session.access_version > stands.access_version:
                continue  # it was let in by what holds since, and knows better
            may_edit = stands.may_edit.get(session.identity.user_id)
            if session.identity.user_id in stands.inactive:
                # That the sessions ended is announced too, and either may be heard first.
                session.close(closing.SIGNED_OUT)
            elif may_edit is None:
                session.close(closing.GONE if stands.trashed else closing.FORBIDDEN)
            elif session.was_refused or (may_edit and not session.identity.read_only) != session.may_edit:
                session.may_edit = False  # until it has come back
                session.close(closing.RIGHTS_CHANGED)

    def end(self, reason: Closing) -> None:
        for session in list(self.sessions):
            session.close(reason)

    # --- to the sessions ---

    def _broadcast(self, frame: bytes, skip: Session | None = None) -> None:
        for session in list(self.sessions):
            if session is not skip:
                session.send(frame)

    def _welcome(self, session: Session) -> dict[str, object]:
        return {
            "kind": "welcome",
            "user": session.identity.public(),
            "may_edit": session.may_edit,
            "epoch": self.replica.epoch,
            "heartbeat": HEARTBEAT,
            "build": build(),
        }

    def _notice(self, sessions: Iterable[Session], kind: str) -> None:
        for session in sessions:
            session.notify({"kind": kind})

    def _saved(self, writes: list[Write]) -> None:
        if self._unsaved_bytes:
            for write in writes:
                if write.held and write.update is not None:
                    write.held = False
                    self._unsaved_bytes -= len(write.update)
            if not self._unsaved_bytes:
                self._unsaved_told.clear()
                self._notice(self.sessions, "saved")

    def _schedule_cursors(self) -> None:
        if self._cursor_timer is None:
            self._cursor_timer = asyncio.get_running_loop().call_later(CURSOR_WINDOW, self._tell_cursors)

    def _tell_cursors(self) -> None:
        self._cursor_timer = None
        for session in self.sessions:
            session.tell_cursor(self.replica.epoch)

    # --- tasks of the room's own ---

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        async def guarded() -> None:
            try:
                await work
            except DocumentGone:
                self.end(closing.GONE)
            except AWAY as error:  # the hub goes on looking, and whatever this would have found, it finds
                COUNTERS["look_failed"] += 1
                log.debug("could not look at %s: %s", self.document_id, error)
            except Exception:
                log.exception("document %s", self.document_id, extra={"document_id": str(self.document_id)})
                COUNTERS["room_faults"] += 1

        task = asyncio.get_running_loop().create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def stop(self) -> None:
        """The last it hears. Neither of these may lead back here from now on: a circle would keep the document's bytes
        until a collection of the oldest generation, and a process that does little has few of those."""
        self.awareness.stop()
        self._follower.stop()
        if self._cursor_timer is not None:
            self._cursor_timer.cancel()
        for task in list(self._tasks):
            task.cancel()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _spans_of(entries: list[Entry], stored: list[Write]) -> dict[int, Span]:
    """What the guard found in the writes, by the entry they became.

    An author's writes may have become several entries: the first then counts for all, since they are delivered
    together.
    """
    if len(stored) == 1:
        return {entries[0].seq: (stored[0].structs, stored[0].deletes)}
    by_author: dict[int | None, tuple[list[Range], list[Range]]] = {}
    for write in stored:
        structs, deletes = by_author.setdefault(write.session.identity.user_id, ([], []))
        structs.extend(write.structs)
        deletes.extend(write.deletes)
    return {entry.seq: by_author.pop(entry.author_id, ([], [])) for entry in entries}
