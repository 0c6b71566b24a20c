"""The way from a connection to a session in a room, the same for every transport."""

import asyncio
from collections import Counter
from uuid import UUID

from django.conf import settings

from collab import closing, rights, signed_in
from collab.closing import Closing
from collab.dialects import Dialect
from collab.hub import Hub, refusal
from collab.metrics import COUNTERS
from collab.rights import Standing
from collab.room import Room
from collab.session import Identity, Session, Transport
from collab.threads import in_reader

LIMITS = settings.LIMITS


class Refused(Exception):
    """The connection gets no session; `reason` says why, with the code to close with."""

    def __init__(self, reason: Closing) -> None:
        super().__init__(reason.reason)
        self.reason = reason


async def admit(
    hub: Hub, scope: object, document_id: UUID, transport: Transport, *, dialect: Dialect, token: str = ""
) -> tuple[Room, Session]:
    """Identify (`token`: one that came in a message), check rights, open the room and join it. Raises Refused."""
    if hub.draining:
        raise Refused(closing.RESTARTING)

    def check() -> tuple[Identity | None, Standing | None]:
        identity = signed_in.identify(scope, token)
        return identity, None if identity is None else rights.standing(document_id, [identity.user_id])

    try:
        async with asyncio.timeout(LIMITS.handshake_seconds):
            identity, stands = await in_reader(check)
    except Exception as error:
        raise Refused(refusal(error)) from error
    if identity is None:
        raise Refused(closing.SIGNED_OUT)
    may_edit = None if stands is None else stands.may_edit.get(identity.user_id)
    if stands is None or may_edit is None:
        raise Refused(closing.GONE)  # what one may not see answers exactly as what does not exist
    _check_crowd(hub, document_id, identity)
    session = Session(identity, transport, dialect=dialect, may_edit=may_edit, access_version=stands.access_version)
    try:
        room = await hub.join(document_id, session)
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


def _check_crowd(hub: Hub, document_id: UUID, identity: Identity) -> None:
    room = hub.rooms.get(document_id)
    if room is None:
        return
    by_user = Counter(session.identity.user_id for session in room.sessions)
    too_many = (
        len(room.sessions) >= LIMITS.sockets_per_document
        or by_user[identity.user_id] >= LIMITS.sockets_per_user_document
    )
    if too_many:
        COUNTERS["refused_crowd"] += 1
        raise Refused(closing.OVERLOADED)
