"""The tree of documents, what is derived from their content, and each person's marks on them."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from documents.models.workspace import Workspace

TITLE_LENGTH = 300


class Document(models.Model):
    """A place in a workspace's tree. What people wrote is in the log (`documents/log.py`), not here.

    A row stays small, because the tree is listed whole: derived text lives in `DerivedContent`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="documents", db_index=False)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    position = models.FloatField(default=0, help_text="Order among siblings; only comparisons mean something.")
    title = models.CharField(max_length=TITLE_LENGTH, blank=True, help_text="Derived: people edit it in the document.")
    inherits = models.BooleanField(
        default=True,
        help_text="Takes the rights of what is above it. If not: only people it is shared with, and the workspace's "
        "owners and admins.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="created_documents"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False, help_text="The last edit or renaming.")
    trashed_at = models.DateTimeField(null=True, blank=True, editable=False)
    trashed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    trashed_with = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="trashed_along",
        editable=False,
        help_text="The ancestor whose trashing took this one along; restored together. Empty: trashed by itself.",
    )
    word_count = models.PositiveIntegerField(default=0, editable=False)
    attention = models.TextField(
        blank=True, editable=False, help_text="Why content could not be derived; empty when all is well."
    )

    if TYPE_CHECKING:
        workspace_id: uuid.UUID
        parent_id: uuid.UUID | None
        created_by_id: int | None
        trashed_by_id: int | None
        trashed_with_id: uuid.UUID | None
        derived: "DerivedContent"

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "parent", "position"], name="document_tree"),
            models.Index(
                fields=["workspace", "-trashed_at"], name="document_trash", condition=Q(trashed_at__isnull=False)
            ),
            # Nearly every document inherits; policy looks for the few that don't.
            models.Index(fields=["workspace"], name="document_cut", condition=Q(inherits=False)),
        ]

    def __str__(self) -> str:
        return self.title or "Untitled"


class DerivedContent(models.Model):
    """What the worker read out of the log, for search, previews and outlines. May lag; never the truth."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, primary_key=True, related_name="derived")
    text = models.TextField(blank=True, help_text="Composed (NFC), so that its folded form is as long.")
    folded_title = models.TextField(blank=True, editable=False)
    folded_text = models.TextField(blank=True, editable=False)
    outline = models.JSONField(default=list, help_text='Headings in order: [{"level": 1, "text": "…"}]')

    if TYPE_CHECKING:
        document_id: uuid.UUID

    def __str__(self) -> str:
        return f"content of {self.document_id}"


class Favourite(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites", db_index=False
    )
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    if TYPE_CHECKING:
        user_id: int
        document_id: uuid.UUID

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "document"], name="favourite_once")]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.document_id}"


class Visit(models.Model):
    """When somebody last opened a document: the list of recent ones."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="visits", db_index=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="visits")
    at = models.DateTimeField(default=timezone.now)

    if TYPE_CHECKING:
        user_id: int
        document_id: uuid.UUID

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "document"], name="visit_once")]
        indexes = [models.Index(fields=["user", "-at"], name="visit_recent")]

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.document_id} at {self.at}"
