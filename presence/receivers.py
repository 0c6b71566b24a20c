"""What `documents` signals, as events for the people it concerns."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.dispatch import receiver
from redis.exceptions import RedisError

from documents import signals
from documents.models import Document, DocumentShare, Notification
from presence.events import end_sessions, tell, user_group, workspace_group

log = logging.getLogger(__name__)

PATIENCE = 5.0
_loop: asyncio.AbstractEventLoop | None = None


def send_on(loop: asyncio.AbstractEventLoop | None) -> None:
    """Tell people on this loop, which has its connection to Redis open: a web process's. Otherwise each telling makes a
    thread, a loop and a connection of its own."""
    global _loop
    _loop = loop


@receiver(signals.documents_changed)
def documents_changed(workspace_id: UUID, document_ids: list[UUID], kind: str, **_: Any) -> None:
    groups = [workspace_group(workspace_id), *map(user_group, _guests(document_ids))]
    event = {"kind": "documents", "workspace": str(workspace_id), "documents": _strings(document_ids), "change": kind}
    _send(tell(groups, event))


@receiver(signals.memberships_changed)
def memberships_changed(workspace_id: UUID, user_ids: list[int], **_: Any) -> None:
    groups = [workspace_group(workspace_id), *map(user_group, user_ids)]
    _send(tell(groups, {"kind": "memberships", "workspace": str(workspace_id)}))


@receiver(signals.access_changed)
def access_changed(document_ids: list[UUID] | None, user_ids: list[int] | None, **_: Any) -> None:
    if user_ids is not None:
        groups = set(map(user_group, user_ids))
    else:
        documents = Document.objects.filter(pk__in=document_ids or [])
        groups = set(map(workspace_group, documents.values_list("workspace_id", flat=True)))
        groups |= set(map(user_group, _guests(document_ids or [])))
    _send(tell(groups, {"kind": "access", "documents": _strings(document_ids or [])}))


@receiver(signals.favourites_changed)
def favourites_changed(user_id: int, **_: Any) -> None:
    _send(tell([user_group(user_id)], {"kind": "favourites"}))


@receiver(signals.notified)
def notified(notification: Notification, **_: Any) -> None:
    """Enough for a toast; the inbox asks for the rest."""
    event = {
        "kind": "notification",
        "id": str(notification.pk),
        "title": notification.title,
        "body": notification.body,
        "url": notification.url,
        "document": str(notification.document_id) if notification.document_id else None,
    }
    _send(tell([user_group(notification.user_id)], event))


@receiver(signals.inbox_changed)
def inbox_changed(user_id: int, **_: Any) -> None:
    _send(tell([user_group(user_id)], {"kind": "notifications"}))


@receiver(signals.event_published)
def event_published(
    id: str, workspace_id: UUID | None, user_id: int | None, name: str, data: Mapping[str, Any], **_: Any
) -> None:
    groups = [workspace_group(workspace_id)] if workspace_id else [user_group(user_id)] if user_id else []
    workspace = str(workspace_id) if workspace_id else None
    _send(tell(groups, {"kind": "event", "id": id, "workspace": workspace, "name": name, "data": data}))


@receiver(signals.sessions_ended)
def sessions_ended(user_id: int, session_keys: list[str] | None, **_: Any) -> None:
    _send(end_sessions(user_id, session_keys))


def _guests(document_ids: Iterable[UUID]) -> set[int]:
    """People who hear of a document though they may be no members of its workspace."""
    return set(DocumentShare.objects.filter(document_id__in=list(document_ids)).values_list("user_id", flat=True))


def _strings(keys: Iterable[UUID]) -> list[str]:
    return [str(key) for key in keys]


def _send(work: Coroutine[Any, Any, None]) -> None:
    """Never in the way of the action that caused it: with Redis down, lists are stale until the browser asks again.

    Waited for, so that what one thread tells arrives in order.
    """

    async def send() -> None:
        await work

    try:
        if _loop is not None:
            asyncio.run_coroutine_threadsafe(send(), _loop).result(PATIENCE)
        else:
            async_to_sync(send)()
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("could not tell people: %s", error)
