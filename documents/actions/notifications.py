"""A person's inbox: what they are told, and what they do with it.

Nothing here leaves an audit entry: what a notification tells of was written down where it was done.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from documents import signals
from documents.errors import NotFound
from documents.models import Document, Notification, User
from documents.models.notification import BODY_LENGTH, HEADLINE_LENGTH

KEPT = 500
"""Of one person. The oldest go first, read or not: nobody reads the five-hundredth, and a program may go wild."""


def notify(
    *,
    user: User,
    title: str,
    body: str = "",
    url: str = "",
    document: Document | None = None,
    actor: User | None = None,
) -> Notification:
    """Tell one person something, in the transaction of what it tells of. For other actions, which checked who may."""
    with transaction.atomic():
        made = Notification.objects.create(
            user=user,
            title=shortened(title, HEADLINE_LENGTH),
            body=shortened(body, BODY_LENGTH),
            url=url,
            document=document,
            actor=actor,
        )
        beyond = list(Notification.objects.filter(user=user).values_list("pk", flat=True)[KEPT : KEPT + 100])
        if beyond:
            Notification.objects.filter(pk__in=beyond).delete()
        signals.announce_notification(made)
    return made


def mark_notification(*, by: User, notification_id: UUID, read: bool) -> Notification:
    with transaction.atomic():
        notification = _own(by, notification_id)
        if (notification.read_at is not None) != read:
            notification.read_at = timezone.now() if read else None
            notification.save(update_fields=["read_at"])
            signals.announce_inbox(by.pk)
    return notification


def mark_all_read(*, by: User, until: datetime | None = None) -> None:
    """Up to those made at `until`, so that what arrives while somebody presses the button stays unread."""
    with transaction.atomic():
        unread = Notification.objects.filter(user=by, read_at=None)
        if until is not None:
            unread = unread.filter(created_at__lte=until)
        if unread.update(read_at=timezone.now()):
            signals.announce_inbox(by.pk)


def delete_notification(*, by: User, notification_id: UUID) -> None:
    with transaction.atomic():
        _own(by, notification_id).delete()
        signals.announce_inbox(by.pk)


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _own(by: User, notification_id: UUID) -> Notification:
    found = Notification.objects.filter(pk=notification_id, user=by).first()
    if found is None:
        raise NotFound("There is no such notification.")
    return found
