"""What somebody was told, and what was taken from outside: notifications, and receipts of envelopes."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from documents.models.document import Document

HEADLINE_LENGTH = 200
BODY_LENGTH = 2000
ADDRESS_LENGTH = 2000


class Notification(models.Model):
    """A message in one person's inbox. What it says is as of then: the document may have another name by now."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose doing it tells of; empty when a program published it.",
    )
    title = models.CharField(max_length=HEADLINE_LENGTH)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=ADDRESS_LENGTH, blank=True, help_text="Where it leads, if to no document.")
    document = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, blank=True, editable=False)

    if TYPE_CHECKING:
        user_id: int
        actor_id: int | None
        document_id: uuid.UUID | None

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="notification_inbox"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.title


class Receipt(models.Model):
    """An envelope that took effect, written in the same transaction: a second one with this id changes nothing.

    Kept until the envelope would be refused for its age anyway.
    """

    id = models.CharField(primary_key=True, max_length=100, editable=False)
    source = models.CharField(
        max_length=50, blank=True, help_text="The entry of the stream that brought it; empty for one by HTTP."
    )
    kept_until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.id
