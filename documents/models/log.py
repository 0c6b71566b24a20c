"""Tables of the log. `documents/log.py` reads and writes them by raw SQL; migrations and cascades know them here."""

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from documents.models.document import Document


class Log(models.Model):
    """Where a document's log stands; its row lock orders all appends. Made in the document's own transaction."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, primary_key=True, related_name="log")
    epoch = models.PositiveBigIntegerField(default=1, help_text="Rises when the history is replaced as a whole.")
    head = models.PositiveBigIntegerField(default=0, help_text="The seq of the last entry.")
    floor = models.PositiveBigIntegerField(default=0, help_text="Entries up to this seq live in a snapshot only.")
    access_version = models.PositiveBigIntegerField(default=1, help_text="Rises with every change of rights.")
    size_bytes = models.PositiveBigIntegerField(default=0)
    edited_at = models.DateTimeField(null=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        # Neither index nor constraint: each append would pay for both, and only deleting an account would gain.
        db_index=False,
        db_constraint=False,
    )
    derived_seq = models.PositiveBigIntegerField(default=0, help_text="Derived content holds everything up to here.")
    underived = models.BooleanField(default=False, help_text="There are entries after derived_seq.")
    compacted_seq = models.PositiveBigIntegerField(default=0, help_text="The seq of the newest snapshot.")
    chain = models.BinaryField(default=b"", help_text="The chain of checksums at the head; see documents/chain.py.")
    base_seq = models.PositiveBigIntegerField(default=0, help_text="Entries after this one are chained and kept.")
    base_chain = models.BinaryField(default=b"", help_text="The chain there.")

    if TYPE_CHECKING:
        document_id: uuid.UUID
        edited_by_id: int | None

    class Meta:
        indexes = [
            # A document enters it with its first edit after a derivation. Not `head > derived_seq`: PostgreSQL counts
            # the columns of a condition as indexed, and an append that changes one of those writes every index anew
            # instead of a version of the row on the same page (a HOT update).
            models.Index(fields=["document"], name="log_underived", condition=Q(underived=True)),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} at {self.epoch}.{self.head}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only to create: writing a loaded row back would put `head` back to what it was then, under live appends."""
        if not self._state.adding:
            raise TypeError("Change a log by Log.objects.filter(…).update(field=F(…)), never by save().")
        super().save(*args, **kwargs)


class Update(models.Model):
    """One entry of a log. The primary key is the reading order, so that no second index is needed."""

    pk = models.CompositePrimaryKey("document_id", "seq")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="updates", db_index=False)
    seq = models.PositiveBigIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # Not SET_NULL: who wrote it is part of the checksum; and there is no index to find an account's entries by.
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,  # as for Log.edited_by
    )
    update = models.BinaryField()
    digest = models.BinaryField(null=True, help_text="Chains this entry to the one before; see documents/chain.py.")
    created_at = models.DateTimeField(default=timezone.now)

    if TYPE_CHECKING:
        document_id: uuid.UUID
        author_id: int | None

    def __str__(self) -> str:
        return f"{self.document_id} {self.seq}"


class Snapshot(models.Model):
    """The merged state up to `seq`. Entries it covers may be deleted only once it is `verified`."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="snapshots", db_index=False)
    epoch = models.PositiveBigIntegerField()
    seq = models.PositiveBigIntegerField()
    state = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    chain = models.BinaryField(null=True, help_text="The chain of checksums at `seq`.")
    verified = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    if TYPE_CHECKING:
        document_id: uuid.UUID

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "epoch", "seq"], name="snapshot_once")]

    def __str__(self) -> str:
        return f"{self.document_id} at {self.epoch}.{self.seq}"
