"""Rights beyond membership: single documents shared with people, and invitations to those who are not here yet."""

import secrets
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from documents.models.document import Document
from documents.models.workspace import Role, Workspace

INVITATION_LIFETIME = timedelta(days=30)


def new_invitation_token() -> str:
    return secrets.token_urlsafe(32)


class DocumentShare(models.Model):
    """Gives one person a role on a document and what is below it, above or instead of the workspace's rights."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="shares", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="document_shares")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    if TYPE_CHECKING:
        user_id: int
        document_id: uuid.UUID

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "user"], name="share_once")]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.document_id}"


class Invitation(models.Model):
    """Waits for an e-mail address to become somebody: a member of the workspace, or (with `document`) a share."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, null=True, blank=True, related_name="invitations")
    email = models.EmailField(db_index=True)
    role = models.CharField(max_length=10, choices=Role)
    token = models.CharField(max_length=64, unique=True, default=new_invitation_token, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="sent_invitations"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    if TYPE_CHECKING:
        workspace_id: uuid.UUID
        document_id: uuid.UUID | None
        invited_by_id: int | None

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            # Two, because NULLs are distinct in a unique index.
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=Q(document=None, accepted_at=None, revoked_at=None),
                name="invitation_pending_once",
            ),
            models.UniqueConstraint(
                fields=["document", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_pending_once_a_document",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"

    @property
    def is_pending(self) -> bool:
        open_still = self.accepted_at is None and self.revoked_at is None
        return open_still and self.created_at > timezone.now() - INVITATION_LIFETIME
