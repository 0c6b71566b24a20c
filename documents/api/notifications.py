"""Your inbox."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from documents import actions
from documents.api import schemas
from documents.api.authentication import signed_in
from documents.api.paging import Order, time
from documents.models import Notification

router = Router(tags=["notifications"])

NEWEST_FIRST = Order({"created_at": time}, falling=True)


@router.get("/notifications", response=schemas.Notifications)
def list_notifications(
    request: HttpRequest,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
    unread: bool = False,
) -> schemas.Notifications:
    """What you were told, newest first; with `unread=true` only what you haven't read."""
    mine = Notification.objects.filter(user=signed_in(request))
    waiting = mine.filter(read_at=None)
    page, more = NEWEST_FIRST.page((waiting if unread else mine).select_related("actor"), cursor, limit)
    return schemas.Notifications(items=[_present(found) for found in page], next=more, unread=waiting.count())


@router.patch("/notifications/{uuid:notification_id}", response=schemas.Notification)
def change_notification(
    request: HttpRequest, notification_id: UUID, payload: schemas.NotificationChange
) -> schemas.Notification:
    """Mark it as read, or as unread again."""
    by = signed_in(request)
    return _present(actions.mark_notification(by=by, notification_id=notification_id, read=payload.read))


@router.post("/notifications/read", response={204: None})
def mark_all_read(request: HttpRequest, payload: schemas.ReadUntil | None = None) -> Status[None]:
    until: datetime | None = payload.until if payload else None
    actions.mark_all_read(by=signed_in(request), until=until)
    return Status(204, None)


@router.delete("/notifications/{uuid:notification_id}", response={204: None})
def delete_notification(request: HttpRequest, notification_id: UUID) -> Status[None]:
    actions.delete_notification(by=signed_in(request), notification_id=notification_id)
    return Status(204, None)


def _present(notification: Notification) -> schemas.Notification:
    actor = notification.actor
    return schemas.Notification(
        id=notification.pk,
        title=notification.title,
        body=notification.body,
        url=notification.url,
        document=notification.document_id,
        actor=schemas.Actor(id=actor.pk, name=actor.name, color=actor.color) if actor else None,
        created_at=notification.created_at,
        read_at=notification.read_at,
    )
