"""All that `documents` says to the layers above it. Sent after the commit, so that a receiver reads the new state.

Receivers run in the thread that committed and must be quick. One that raises doesn't undo anything: Django logs it,
and the other receivers still hear.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

if TYPE_CHECKING:
    from documents.models import Notification

Change = Literal["created", "renamed", "moved", "trashed", "restored", "purged", "shared", "updated"]

entries_appended = Signal()
"""document_id: UUID, epoch: int, first_seq: int, updates: list[bytes]. Server-side appends only, not a room's own."""

compacted = Signal()
"""document_id: UUID. A newer snapshot holds all of it, mostly in fewer bytes."""

access_changed = Signal()
"""document_ids: list[UUID] | None, user_ids: list[int] | None. Rights may have changed on and for these; None: all."""

documents_changed = Signal()
"""workspace_id: UUID, document_ids: list[UUID], kind: Change. Lists that show them are out of date."""

memberships_changed = Signal()
"""workspace_id: UUID, user_ids: list[int]. These joined, left, or changed role."""

sessions_ended = Signal()
"""user_id: int, session_keys: list[str] | None. None: all of the user's sessions."""

favourites_changed = Signal()
"""user_id: int"""

notified = Signal()
"""notification: Notification. It is new in its user's inbox."""

inbox_changed = Signal()
"""user_id: int. Notifications were read, unread or deleted."""

event_published = Signal()
"""id: str, workspace_id: UUID | None, user_id: int | None, name: str, data: Mapping. For one of the two."""

envelope_judged = Signal()
"""verdict: str. What became of an envelope that a program sent; to be counted. Sent at once, not on commit."""


def announce_entries(document_id: UUID, epoch: int, first_seq: int, updates: Sequence[bytes]) -> None:
    _on_commit(entries_appended, document_id=document_id, epoch=epoch, first_seq=first_seq, updates=list(updates))


def announce_compacted(document_id: UUID) -> None:
    _on_commit(compacted, document_id=document_id)


def announce_access(*, document_ids: Iterable[UUID] | None, user_ids: Iterable[int] | None) -> None:
    _on_commit(
        access_changed,
        document_ids=None if document_ids is None else list(document_ids),
        user_ids=None if user_ids is None else list(user_ids),
    )


def announce_documents(workspace_id: UUID, document_ids: Iterable[UUID], kind: Change) -> None:
    _on_commit(documents_changed, workspace_id=workspace_id, document_ids=list(document_ids), kind=kind)


def announce_memberships(workspace_id: UUID, user_ids: Iterable[int]) -> None:
    _on_commit(memberships_changed, workspace_id=workspace_id, user_ids=list(user_ids))


def announce_sessions_ended(user_id: int, session_keys: Iterable[str] | None) -> None:
    _on_commit(sessions_ended, user_id=user_id, session_keys=None if session_keys is None else list(session_keys))


def announce_favourites(user_id: int) -> None:
    _on_commit(favourites_changed, user_id=user_id)


def announce_notification(notification: "Notification") -> None:
    _on_commit(notified, notification=notification)


def announce_inbox(user_id: int) -> None:
    _on_commit(inbox_changed, user_id=user_id)


def announce_event(id: str, workspace_id: UUID | None, user_id: int | None, name: str, data: Mapping[str, Any]) -> None:
    _on_commit(event_published, id=id, workspace_id=workspace_id, user_id=user_id, name=name, data=data)


def _on_commit(signal: Signal, **message: Any) -> None:
    transaction.on_commit(partial(signal.send_robust, sender=None, **message))
