"""What a client without a socket sends, each by one request: what it has (sync), an edit (push), where it is
(awareness).

A push is answered when its update is committed. It goes on though its client hangs up, and who sends it again with the
same `Idempotency-Key` meanwhile waits for the same commit; later, the room recognises it as nothing new.
"""

import asyncio
import hashlib
import json
from base64 import b64encode
from uuid import UUID

from django.conf import settings

from collab import closing, intake
from collab.admission import Vouchers
from collab.closing import Closing
from collab.dialects import RECEIPT, Receipt
from collab.hub import Hub
from collab.metrics import COUNTERS
from collab.protocol import messages
from collab.protocol.lib0 import ProtocolError
from collab.protocol.state_vector import EMPTY
from collab.reasons import count_reason
from collab.room import HEARTBEAT, Room
from collab.session import Session
from collab.threads import in_reader
from collab.transports.polling import tag_of
from collab.transports.request import Failure, Request, credential_of
from documents import merging

LIMITS = settings.LIMITS
STATE_VECTOR_BYTES = 1_000_000
AWARENESS_BYTES = 16 * LIMITS.awareness_bytes
PATIENCE = 20.0
"""Seconds that a push waits for its commit; proxies give up after 30 or 60."""
THROTTLED = 5.0
"""A client whose rate makes it wait longer than so many seconds is told to come later."""


class Visit:
    """The transport of a session that is here for one request: it hears whether a push was taken, and why not."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[bytes | Closing] = asyncio.get_running_loop().create_future()

    def send_now(self, frame: bytes) -> bool:
        return False

    async def send(self, frame: bytes) -> None:
        self._set(frame)

    async def close(self, reason: Closing) -> None:
        self._set(reason)

    def abort(self) -> None:
        self._set(closing.UNAVAILABLE)

    def unsent(self) -> int:
        return 0

    def _set(self, outcome: bytes | Closing) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)


class Pushes:
    def __init__(self, hub: Hub, vouchers: Vouchers) -> None:
        self._hub, self._vouchers = hub, vouchers
        self._under_way: dict[bytes, asyncio.Task[str]] = {}
        """At most as many as there may be brief sessions."""

    async def sync(self, request: Request, document_id: UUID) -> None:
        """`POST /sync/{document}`: a state vector in, what it lacks out."""
        state_vector = await request.body(STATE_VECTOR_BYTES) or EMPTY
        room, session = await self._visit(request, document_id, Visit())
        try:
            try:
                frames = await intake.answer(room, state_vector)
            except ProtocolError as error:
                COUNTERS["malformed"] += 1
                raise Failure(closing.malformed(str(error))) from error
            COUNTERS["syncs"] += 1
            count_reason(request.scope)
            if session.closing is not None:
                raise Failure(session.closing)
            about = {
                "cursor": f"{room.replica.epoch}.{room.replica.head}",
                "state_vector": b64encode(room.replica.state_vector()).decode(),
                "awareness": b64encode(room.awareness.whole()).decode(),
                "awareness_tag": tag_of(room, session),
                "user": session.identity.public(),
                "may_edit": session.may_edit,
                "heartbeat": HEARTBEAT,
                "unsaved": room.has_unsaved,
                "size": room.size_notice(),
            }
            await request.answer(
                200, await in_reader(_synced, about, frames) if room.replica.heavy else _synced(about, frames)
            )
        finally:
            # Only now: who asks and never reads may have no more such answers in memory than requests under way.
            self._hub.leave(room, session)

    async def push(self, request: Request, document_id: UUID) -> None:
        """`POST /sync/{document}/push`: one update in, a cursor out once it is committed."""
        update = await request.body(LIMITS.frame_bytes)
        credential = credential_of(request)
        key = request.header(b"idempotency-key")
        # The body counts too: a client that uses a key twice for different edits must not lose the second.
        name = hashlib.sha256(
            b"\0".join([credential, document_id.bytes, (key or "").encode(), hashlib.sha256(update).digest()])
        ).digest()
        pushing = self._under_way.get(name)
        if pushing is None:
            budget = self._vouchers.budget(credential, document_id)
            delay = budget.refill(asyncio.get_running_loop().time())
            if delay > THROTTLED:
                raise Failure(closing.OVERLOADED, status=429, retry_after=delay)
            pushing = asyncio.create_task(self._push(request, credential, document_id, update))
            self._under_way[name] = pushing
            pushing.add_done_callback(lambda task: self._done(name, task))
        else:
            COUNTERS["pushes_joined"] += 1
        try:
            async with asyncio.timeout(PATIENCE):
                cursor = await asyncio.shield(pushing)
        except TimeoutError:
            # It isn't lost: the writer keeps it, and the next try with this key waits for the same commit.
            raise Failure(closing.UNAVAILABLE) from None
        await request.answer_json({"cursor": cursor})

    async def awareness(self, request: Request, document_id: UUID) -> None:
        """`POST /sync/{document}/awareness`: who and where the client is."""
        payload = await request.body(AWARENESS_BYTES)
        room, session = await self._visit(request, document_id, Visit())
        try:
            room.awareness.receive_visit(session.identity, payload)
        except ProtocolError as error:
            COUNTERS["malformed"] += 1
            raise Failure(closing.malformed(str(error))) from error
        finally:
            self._hub.leave(room, session)
        await request.answer(204)

    async def _push(self, request: Request, credential: bytes, document_id: UUID, update: bytes) -> str:
        visit = Visit()
        room, session = await self._vouchers.visit(request.scope, credential, document_id, visit, dialect=RECEIPT)
        try:
            await intake.receive(room, session, messages.encode_update(update))
            outcome = await visit.outcome
        finally:
            self._hub.leave(room, session)
        if isinstance(outcome, Closing):
            raise Failure(outcome)
        if outcome == Receipt.REFUSED and session.may_edit:
            raise Failure(status=413, word="document_full", message="this document is full")
        if outcome == Receipt.REFUSED:
            raise Failure(status=403, word="read_only", message="you may read this document, not edit it")
        COUNTERS["pushes"] += 1
        return f"{room.replica.epoch}.{room.replica.head}"

    def _done(self, name: bytes, pushing: asyncio.Task[str]) -> None:
        self._under_way.pop(name, None)
        if not pushing.cancelled():
            pushing.exception()  # nobody may be left to hear of it

    async def _visit(self, request: Request, document_id: UUID, visit: Visit) -> tuple[Room, Session]:
        """For all but pushes, which have a rate of their own."""
        credential = credential_of(request)
        budget = self._vouchers.budget(credential, document_id)
        if not budget.spend_message():
            delay = budget.refill(asyncio.get_running_loop().time())
            COUNTERS["throttled"] += delay > 0
            if delay > THROTTLED:
                raise Failure(closing.OVERLOADED, status=429, retry_after=delay)
            await asyncio.sleep(delay)
        return await self._vouchers.visit(request.scope, credential, document_id, visit, dialect=RECEIPT)


def _synced(about: dict[str, object], frames: list[bytes]) -> bytes:
    """The answer to a sync. The update isn't given to the JSON encoder, which would look at each of its letters."""
    updates = [messages.payload(frame) for frame in frames]
    update = updates[0] if len(updates) == 1 else merging.merge(updates)
    return json.dumps(about).encode()[:-1] + b', "update": "' + b64encode(update) + b'"}'
