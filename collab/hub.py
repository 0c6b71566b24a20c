"""The process's open rooms: a document opens once however many join together, and closes when the last has left.

The hub also looks at the log by itself, because the relay may lose anything: every 10 s for all rooms, twice a second
for those in use, several times a second while Redis is down. That look carries rights too, and ends what was signed
out meanwhile.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from uuid import UUID

from collab import closing, signed_in
from collab.closing import Closing
from collab.group_check import GroupCheck
from collab.metrics import COUNTERS
from collab.protocol.messages import EMPTY_AWARENESS
from collab.relay import Message, Relay
from collab.replica import Replica
from collab.room import HEARTBEAT, Room
from collab.session import Session
from collab.threads import in_reader
from collab.writer import Writer
from documents import log as document_log
from documents.log import DocumentGone

log = logging.getLogger(__name__)
access_log = logging.getLogger("collab.access")

LOOK_ALL = 10.0
LOOK_ACTIVE = 0.5
LOOK_WITHOUT_RELAY = 0.2
LOOK_SESSIONS = 5.0
"""Half of what a sign-out may take at most, whatever happened to Redis."""
ACTIVE = 15.0
"""Seconds after its last change that a room counts as in use."""
HEARD_WHILE_OPENING = 1_000
"""Messages kept for a document that is being loaded. Of one that takes longer than that, the log is read once more."""
LINGER = 10.0
"""Seconds an empty room stays open: a reload finds it warm."""


class Hub:
    def __init__(self, relay: Relay, writer: Writer | None = None) -> None:
        self.relay = relay
        self.writer = writer or Writer()
        self.rooms: dict[UUID, Room] = {}
        self.group_check = GroupCheck()
        self.draining = False
        self._opening: dict[UUID, asyncio.Task[Room]] = {}
        self._heard_while_opening: dict[UUID, list[Message]] = {}
        self._closing: dict[UUID, asyncio.TimerHandle] = {}
        self._lag = 0
        self._looked_at_all = 0.0
        self._joined_at: dict[Session, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self.writer.start()
        await self.relay.start(self._heard, self._restored)
        for pause, work in (
            (lambda: LOOK_ACTIVE if self.relay.healthy else LOOK_WITHOUT_RELAY, self._look_at_heads),
            (lambda: LOOK_SESSIONS, self._look_at_sessions),
            (lambda: HEARTBEAT, self._keep_alive),
        ):
            self._tasks.add(asyncio.create_task(_repeat(pause, work)))

    async def stop(self, within: float = 5.0) -> None:
        """Store everything that was received, then end."""
        self.draining = True
        for room in self.rooms.values():
            room.end(closing.RESTARTING)
        await self.writer.stop(within)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for room in self.rooms.values():
            room.stop()
        await self.relay.stop()

    async def drain(self, seconds: float = 2.0) -> None:
        """Send everybody away, spread over `seconds`: stock clients come back without any jitter of their own."""
        self.draining = True
        sessions = [session for session in self._sessions() if not session.brief]
        random.shuffle(sessions)
        pause = seconds / len(sessions) if sessions else 0.0
        for number, session in enumerate(sessions):
            session.close(closing.RESTARTING)
            if number % 20 == 19:
                await asyncio.sleep(pause * 20)

    async def join(
        self, document_id: UUID, session: Session, *, check: Callable[[Room], None] = lambda room: None
    ) -> Room:
        """The room, opened if need be, with the session in it. Raises DocumentGone, what the database raises, and what
        `check` raises, which is asked once nothing more has to be waited for: who is there then, is there."""
        while True:
            room = await self._open(document_id)
            if self.rooms.get(document_id) is room:
                break
        check(room)
        if (timer := self._closing.pop(document_id, None)) is not None:
            timer.cancel()
        room.join(session)
        if not session.brief:
            self._joined_at[session] = asyncio.get_running_loop().time()
            access_log.info("joined by %s", session.transport, extra=_about(room, session))
        return room

    def leave(self, room: Room, session: Session) -> None:
        room.leave(session)
        if (joined_at := self._joined_at.pop(session, None)) is not None:
            stayed = {
                "code": None if session.closing is None else session.closing.code,
                "seconds": round(asyncio.get_running_loop().time() - joined_at, 1),
            }
            access_log.info("left %s", session.transport, extra={**_about(room, session), **stayed})
        self._linger(room)

    def _linger(self, room: Room) -> None:
        """Should nobody be there, nor come, it closes."""
        if not room.sessions and room.document_id not in self._closing:
            timer = asyncio.get_running_loop().call_later(LINGER, self._close, room)
            self._closing[room.document_id] = timer

    async def _open(self, document_id: UUID) -> Room:
        room = self.rooms.get(document_id)
        if room is not None:
            return room
        opening = self._opening.get(document_id)
        if opening is None:
            opening = asyncio.create_task(self._load(document_id))
            self._opening[document_id] = opening
            opening.add_done_callback(lambda _: self._opening.pop(document_id, None))
        # Shielded: the one who came first may give up, the others still wait for the room.
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(self._nobody_may_have_waited)
            raise

    def _nobody_may_have_waited(self, opening: asyncio.Task[Room]) -> None:
        if not opening.cancelled() and opening.exception() is None:
            self._linger(opening.result())

    async def _load(self, document_id: UUID) -> Room:
        """Subscribe first, and wait for the confirmation; then load. What is heard meanwhile is delivered after."""
        heard = self._heard_while_opening.setdefault(document_id, [])
        try:
            await self.relay.subscribe(document_id)

            def read() -> tuple[Replica, int]:
                loaded = document_log.load(document_id)
                return Replica(loaded), loaded.access_version

            replica, access_version = await in_reader(read)
        except BaseException:
            self._heard_while_opening.pop(document_id, None)
            await self.relay.unsubscribe(document_id)
            raise
        room = Room(document_id, replica, access_version, self.relay, self.writer)
        self.rooms[document_id] = room
        del self._heard_while_opening[document_id]
        for message in heard:
            room.heard(message)
        if len(heard) == HEARD_WHILE_OPENING:
            room.catch_up()
        room.awareness.ask()
        COUNTERS["rooms_opened"] += 1
        return room

    def _close(self, room: Room) -> None:
        self._closing.pop(room.document_id, None)
        if room.sessions or self.rooms.get(room.document_id) is not room:
            return
        del self.rooms[room.document_id]
        room.stop()
        task = asyncio.create_task(self.relay.unsubscribe(room.document_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def gauges(self) -> dict[str, float]:
        """What is open now, for `/metrics`."""
        sessions = [session for session in self._sessions() if not session.brief]
        waiting = [session.waiting_bytes for session in sessions]
        by_transport = Counter(session.transport for session in sessions)
        return {
            **{f"sessions_{value}": 0 for value in ("websocket", "sse", "poll", "hocuspocus")},
            **{f"sessions_{transport}": count for transport, count in by_transport.items()},
            "rooms": len(self.rooms),
            "rooms_large": sum(room.size != "fine" for room in self.rooms.values()),
            "rooms_full": sum(room.size == "full" for room in self.rooms.values()),
            "queue_bytes": sum(waiting),
            "queue_bytes_longest": max(waiting, default=0),
            "unsaved_bytes": sum(room.unsaved_bytes for room in self.rooms.values()),
            "log_lag_entries": self._lag,
            "relay_healthy": int(self.relay.healthy),
        }

    # --- what is heard ---

    def _heard(self, document_id: UUID | None, message: Message) -> None:
        try:
            self._hear(document_id, message)
        except Exception:
            # Whatever it was, the log has it: one strange message must not end the subscription of all documents.
            log.exception("a message of the relay could not be taken")
            COUNTERS["relay_faults"] += 1
            if document_id is not None and (room := self.rooms.get(document_id)) is not None:
                room.catch_up()

    def _hear(self, document_id: UUID | None, message: Message) -> None:
        if document_id is None:
            self._heard_control(message)
        elif (room := self.rooms.get(document_id)) is not None:
            room.heard(message)
        elif (waiting := self._heard_while_opening.get(document_id)) is not None and len(waiting) < HEARD_WHILE_OPENING:
            waiting.append(message)

    def _heard_control(self, message: Message) -> None:
        if message[0] == b"r":
            documents = None if message[2] is None else {UUID(bytes=key) for key in message[2]}
            users = None if message[3] is None else set(message[3])
            for document_id, room in self.rooms.items():
                here = {session.identity.user_id for session in room.sessions}
                if (documents is None or document_id in documents) and (users is None or here & users or documents):
                    room.run(room.recheck_rights())
        elif message[0] == b"s":
            user_id, keys = message[2], None if message[3] is None else set(message[3])
            for session in self._sessions():
                if session.identity.user_id == user_id and (keys is None or session.identity.proof in keys):
                    session.close(closing.SIGNED_OUT)

    def _restored(self) -> None:
        """Redis is back: messages of both directions may be lost."""
        for room in self.rooms.values():
            room.catch_up()
            room.announce_head()
            room.awareness.ask()

    # --- what is looked at ---

    async def _look_at_heads(self) -> None:
        now = asyncio.get_running_loop().time()
        all_rooms = not self.relay.healthy or now - self._looked_at_all >= LOOK_ALL
        if all_rooms:
            self._looked_at_all = now
        rooms = [room for room in self.rooms.values() if all_rooms or room.touched >= now - ACTIVE]
        for room in rooms:
            room.awareness.expire()
        if not rooms:
            self._lag = 0
            return
        try:
            heads = await in_reader(document_log.heads, [room.document_id for room in rooms])
        except (
            Exception
        ) as error:  # the database is down: the writer tells the rooms; here there is only nothing to see
            COUNTERS["look_failed"] += 1
            log.debug("could not look at the logs: %s", error)
            return
        self._lag = max(
            (heads[room.document_id].head - room.replica.head for room in rooms if room.document_id in heads), default=0
        )
        for room in rooms:
            stands = heads.get(room.document_id)
            if stands is None:
                room.end(closing.GONE)
                continue
            room.head_is(stands.epoch, stands.head)
            if stands.access_version > room.access_version:
                COUNTERS["rights_found_changed"] += 1
                room.run(room.recheck_rights())

    async def _look_at_sessions(self) -> None:
        """Sign-outs that the relay lost."""
        sessions = [session for session in self._sessions() if session.open]
        try:
            ended = await in_reader(signed_in.ended, {session.identity for session in sessions})
        except Exception as error:
            log.debug("could not look at the sessions: %s", error)
            return
        for session in sessions:
            if session.identity in ended:
                session.close(closing.SIGNED_OUT)

    async def _keep_alive(self) -> None:
        for number, session in enumerate(list(self._sessions())):
            session.send(EMPTY_AWARENESS)
            if number % 200 == 199:
                await asyncio.sleep(0)

    def _sessions(self) -> Iterable[Session]:
        return (session for room in list(self.rooms.values()) for session in list(room.sessions))


async def _repeat(pause: Callable[[], float], work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Whatever goes wrong with one room or session must not end what all the others rest on."""
    while True:
        await asyncio.sleep(pause())
        try:
            await work()
        except Exception:
            log.exception("what the hub does now and then")
            COUNTERS["room_faults"] += 1


def _about(room: Room, session: Session) -> dict[str, object]:
    return {
        "document_id": str(room.document_id),
        "user_id": session.identity.user_id,
        "transport": session.transport,
    }


def refusal(error: Exception) -> Closing:
    """The close code for who could not join, or not be identified."""
    if isinstance(error, DocumentGone):
        return closing.GONE
    log.error("a connection could not be admitted: %r", error)
    return closing.UNAVAILABLE
