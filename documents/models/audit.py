"""Who did what, when: written by `documents/actions`, never changed, and gone only with age."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone

from documents.models.document import Document
from documents.models.workspace import Workspace


class Unchangeable(TypeError):
    """Somebody wrote code that would change the audit log."""


class AuditLog(models.QuerySet["AuditEntry"]):
    """Entries are added, read, and pruned. Whoever holds the database can do more; nothing in Weft does."""

    def prune(self, before: datetime) -> int:
        """Forget what is older: the one way by which entries end."""
        return self.filter(at__lt=before)._raw_delete(self.db)

    def update(self, **values: Any) -> NoReturn:
        raise Unchangeable("Audit entries are not changed.")

    def delete(self) -> NoReturn:
        raise Unchangeable("Audit entries are pruned by age alone.")

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise Unchangeable("Audit entries are not changed.")


class AuditEntry(models.Model):
    """References empty out when what they name is deleted; `details` keeps what a reader needs then (ids, titles)."""

    at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="audit_entries"
    )
    action = models.CharField(max_length=50)
    workspace = models.ForeignKey(Workspace, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    details = models.JSONField(default=dict, blank=True)

    objects = AuditLog.as_manager()

    if TYPE_CHECKING:
        actor_id: int | None
        workspace_id: uuid.UUID | None
        document_id: uuid.UUID | None
        user_id: int | None

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise Unchangeable("Audit entries are not changed.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise Unchangeable("Audit entries are pruned by age alone.")
