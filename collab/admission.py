"""The way from a connection to a session in a room, the same for every transport.

A transport of single requests comes here with each of them. Where a client has a stream or a poll in the same process,
its session vouches for the client's other requests (`Vouchers`): whatever ends that session, a sign-out or a change of
rights, ends this too, so asking again would find nothing else.
"""

import asyncio
from collections import OrderedDict
from uuid import UUID

from django.conf import settings

from collab import closing, tracing
from collab.budget import Budget
from collab.closing import Closing
from collab.dialects import Dialect
from collab.hub import Hub, refusal
from collab.metrics import COUNTERS
from collab.outbox import Transport
from collab.room import Room
from collab.session import Identity, Session

LIMITS = settings.LIMITS
REQUESTS_PER_CONNECTION = 4
"""Requests of one person to one document that may be under way at once, for each connection they may have."""
BUDGETS = 10_000


class Refused(Exception):
    """The connection gets no session; `reason` says why, with the code to close with."""

    def __init__(self, reason: Closing) -> None:
        super().__init__(reason.reason)
        self.reason = reason


async def admit(
    hub: Hub,
    scope: object,
    document_id: UUID,
    transport: Transport,
    *,
    dialect: Dialect,
    brief: bool = False,
    held: bool = False,
    budget: Budget | None = None,
    token: str = "",
) -> tuple[Room, Session]:
    """Identify (`token`: one that came in a message), check rights, open the room and join it; for `brief`, `held` and
    `budget` see Session. Raises Refused."""
    if hub.draining:
        raise Refused(closing.RESTARTING)

    try:
        async with asyncio.timeout(LIMITS.handshake_seconds):
            identity, stands = await hub.group_check.ask(scope, token, document_id)
    except Exception as error:
        raise Refused(refusal(error)) from error
    if identity is None:
        raise Refused(closing.SIGNED_OUT)
    tracing.by(identity.user_id)
    may_edit = None if stands is None else stands.may_edit.get(identity.user_id)
    if stands is None or may_edit is None:
        raise Refused(closing.GONE)  # what one may not see answers exactly as what does not exist
    session = Session(
        identity,
        transport,
        dialect=dialect,
        may_edit=may_edit,
        access_version=stands.access_version,
        brief=brief,
        held=held,
        budget=budget,
    )
    try:
        # Not before the room is open: all who wait for that would find nobody there yet.
        room = await hub.join(document_id, session, check=lambda room: _check_crowd(room, identity, brief))
    except Refused:
        raise
    except Exception as error:
        raise Refused(refusal(error)) from error
    if session.access_version != room.access_version:
        # Rights changed, and either this session or those who were here already were checked before that.
        try:
            await room.recheck_rights()
        except BaseException:  # given up meanwhile
            hub.leave(room, session)
            raise
    return room, session


class Vouchers:
    """Of each client: the sessions that stay, and how much it may still send. A client is known by what it shows to
    prove who it is, see `signed_in.Proof`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._staying: dict[tuple[bytes, UUID], set[Session]] = {}
        self._budgets: OrderedDict[tuple[bytes, UUID], Budget] = OrderedDict()

    def add(self, credential: bytes, document_id: UUID, session: Session) -> None:
        self._staying.setdefault((credential, document_id), set()).add(session)

    def remove(self, credential: bytes, document_id: UUID, session: Session) -> None:
        staying = self._staying.get((credential, document_id), set())
        staying.discard(session)
        if not staying:
            self._staying.pop((credential, document_id), None)

    def budget(self, credential: bytes, document_id: UUID) -> Budget:
        """One for all requests of a client. The oldest of very many are forgotten, and full again."""
        budget = self._budgets.setdefault((credential, document_id), Budget())
        self._budgets.move_to_end((credential, document_id))
        if len(self._budgets) > BUDGETS:
            self._budgets.popitem(last=False)
        return budget

    async def visit(
        self, scope: object, credential: bytes, document_id: UUID, transport: Transport, *, dialect: Dialect
    ) -> tuple[Room, Session]:
        """A session for one request. Raises Refused."""
        budget = self.budget(credential, document_id)
        room = self._hub.rooms.get(document_id)
        vouching = next((s for s in self._staying.get((credential, document_id), ()) if s.open), None)
        if room is None or vouching is None or vouching not in room.sessions:
            return await admit(self._hub, scope, document_id, transport, dialect=dialect, brief=True, budget=budget)
        if self._hub.draining:
            raise Refused(closing.RESTARTING)
        _check_crowd(room, vouching.identity, brief=True)
        COUNTERS["vouched"] += 1
        tracing.by(vouching.identity.user_id)
        session = Session(
            vouching.identity,
            transport,
            dialect=dialect,
            may_edit=vouching.may_edit,
            access_version=vouching.access_version,
            brief=True,
            budget=budget,
        )
        room.join(session)
        return room, session


def _check_crowd(room: Room, identity: Identity, brief: bool) -> None:
    """Requests are counted apart from connections: a room full of streams must still take what its people write."""
    all_here, own = room.crowd(identity.user_id, brief=brief)
    each = REQUESTS_PER_CONNECTION if brief else 1
    if all_here >= each * LIMITS.sockets_per_document or own >= each * LIMITS.sockets_per_user_document:
        COUNTERS["refused_crowd"] += 1
        raise Refused(closing.OVERLOADED)
