"""Background work: what is due, and the jobs themselves. Each can be done twice, late or not at all without harm.

`due_jobs` asks the database, so that nothing is forgotten when Redis is; the worker runs `derive`, `compact`, `trim`
and `prune_audit` by name, each in a process of its own.
"""

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Length
from django.utils import timezone

from documents import compaction, log, searching, signals
from documents.content import sandbox
from documents.content.derive import Derived, derive_from
from documents.content.tree import Unreadable
from documents.merging import UnreadableUpdate
from documents.models import AuditEntry, Document, Log, Snapshot, Update
from documents.models.document import TITLE_LENGTH, DerivedContent
from documents.names import one_line

logger = logging.getLogger(__name__)

# A title shows in lists this soon after the last keystroke, or this late while keystrokes don't end.
PAUSE_SECONDS = 0.7
PATIENCE_SECONDS = 3.0

COMPACT_ROWS = 256
COMPACT_BYTES = 256_000
COMPACT_IDLE_ROWS = 20
COMPACT_IDLE_SECONDS = 300
# A big document is not rewritten for every 256 KB: the tail must be an eighth of it. So a keystroke costs as much
# compacting in a document of a million as in one of ten thousand, and opening reads no more than an eighth in pieces.
COMPACT_SHARE = 8
COMPACT_ROW_BYTES = 48
"""What a row of the tail counts besides its bytes: opening reads each by itself, and a deletion has nine bytes."""

MOST_AT_ONCE = 100
# These look at every log or snapshot, not through an index that appends would pay for.
COMPACTIONS_EVERY_SECONDS = 10
TRIMS_EVERY_SECONDS = 600
PRUNES_EVERY_SECONDS = 3600
NO_DOCUMENT = UUID(int=0)
"""For a job that concerns the installation."""


class _Looks:
    """What a worker remembers between two looks; forgetting it costs seconds."""

    def __init__(self) -> None:
        self.waiting_since: dict[UUID, float] = {}
        self.compactions_at = float("-inf")
        self.trims_at = float("-inf")
        self.prunes_at = float("-inf")


_looks = _Looks()


def due_jobs() -> list[tuple[str, UUID]]:
    """(name of a function here, document id), most urgent first. Cheap enough to ask every second."""
    now = time.monotonic()
    due = [("derive", document_id) for document_id in due_derivations(now)]
    if now - _looks.compactions_at >= COMPACTIONS_EVERY_SECONDS:
        _looks.compactions_at = now
        due += [("compact", document_id) for document_id in due_compactions()]
    if now - _looks.trims_at >= TRIMS_EVERY_SECONDS:
        _looks.trims_at = now
        _find_unmarked()
        due += [("trim", document_id) for document_id in due_trims()]
    if now - _looks.prunes_at >= PRUNES_EVERY_SECONDS:
        _looks.prunes_at = now
        if AuditEntry.objects.filter(at__lt=_audit_kept_since()).exists():
            due.append(("prune_audit", NO_DOCUMENT))
    return due


def due_derivations(now: float) -> list[UUID]:
    """Documents edited since their last derivation: at rest, or waiting for too long already."""
    rested = timezone.now() - timedelta(seconds=PAUSE_SECONDS)
    behind = Log.objects.filter(underived=True).order_by("edited_at").values_list("pk", "edited_at")
    waiting_since, due = {}, []
    for document_id, edited_at in behind[:MOST_AT_ONCE]:
        since = _looks.waiting_since.get(document_id, now)
        if edited_at is None or edited_at <= rested or now - since >= PATIENCE_SECONDS:
            due.append(document_id)
        else:
            waiting_since[document_id] = since
    _looks.waiting_since = waiting_since
    return due


def _find_unmarked() -> None:
    """A process of the version before this mark existed may append beside us for a while, during an upgrade."""
    Log.objects.filter(underived=False, head__gt=F("derived_seq")).update(underived=True)


def due_compactions() -> list[UUID]:
    snapshot_size = Snapshot.objects.filter(
        document_id=OuterRef("pk"), epoch=OuterRef("epoch"), seq=OuterRef("compacted_seq")
    ).values_list(Length("state"))[:1]
    logs = Log.objects.filter(head__gt=F("compacted_seq")).annotate(
        rows=F("head") - F("compacted_seq"),
        before=Coalesce(Subquery(snapshot_size, output_field=IntegerField()), Value(0)),
    )
    idle = timezone.now() - timedelta(seconds=COMPACT_IDLE_SECONDS)
    worth_it = Q(size_bytes__gte=F("before") + F("before") / COMPACT_SHARE - F("rows") * COMPACT_ROW_BYTES)
    big = Q(rows__gte=COMPACT_ROWS) | Q(size_bytes__gte=F("before") + COMPACT_BYTES)
    due = logs.filter((worth_it & big) | Q(rows__gte=COMPACT_IDLE_ROWS, edited_at__lte=idle))
    return list(due.order_by("-rows").values_list("pk", flat=True)[:MOST_AT_ONCE])


def due_trims() -> list[UUID]:
    retained = timezone.now() - timedelta(seconds=settings.LIMITS.entries_kept_seconds)
    covered = Update.objects.filter(document_id=OuterRef("document_id"), seq__lte=OuterRef("seq"))
    old = Snapshot.objects.filter(Exists(covered), verified=True, created_at__lte=retained)
    return list(old.order_by("document_id").values_list("document_id", flat=True).distinct()[:MOST_AT_ONCE])


def backlog() -> dict[str, float]:
    """How far behind the logs is what these jobs make of them, for whoever watches."""
    behind = Log.objects.filter(underived=True).aggregate(documents=Count("pk"), since=Min("edited_at"))
    waited = 0.0 if behind["since"] is None else (timezone.now() - behind["since"]).total_seconds()
    return {
        "derive_lag_documents": behind["documents"],
        "derive_lag_seconds": max(0.0, waited),
        "compact_lag_entries": Log.objects.aggregate(most=Max(F("head") - F("compacted_seq")))["most"] or 0,
        "documents_needing_attention": Document.objects.exclude(attention="").count(),
    }


def derive(document_id: str) -> None:
    """Title, text, outline and word count, as of the head. A document that can't be read is marked, and left alone
    until somebody edits it again (the worker besides lets a failed job rest for a while)."""
    key = UUID(document_id)
    try:
        loaded = log.load(key)
        updates = [loaded.snapshot, *(entry.update for entry in loaded.entries)]
        derived = sandbox.run(derive_from, updates)
    except log.DocumentGone:
        return
    except log.CorruptLog as fault:
        _mark(key, str(fault))
        raise
    except (sandbox.Failed, Unreadable, UnreadableUpdate) as fault:
        _mark(key, str(fault))
        _advance(key, loaded)
        raise
    _keep(key, loaded, derived)


def compact(document_id: str) -> None:
    try:
        compacted = compaction.compact(UUID(document_id))
    except log.DocumentGone:
        return
    if compacted is not None:
        logger.info("Compacted %s: %s", document_id, compacted)
    compaction.trim(UUID(document_id))


def trim(document_id: str) -> None:
    compaction.trim(UUID(document_id))


def prune_audit(_: str) -> None:
    pruned = AuditEntry.objects.all().prune(before=_audit_kept_since())
    logger.info("Forgot %s audit entries older than %s days", pruned, settings.LIMITS.audit_kept_days)


def _audit_kept_since() -> datetime:
    return timezone.now() - timedelta(days=settings.LIMITS.audit_kept_days)


def _keep(document_id: UUID, loaded: log.Loaded, derived: Derived) -> None:
    with transaction.atomic():
        if not _advance(document_id, loaded):
            return  # somebody derived as much or more meanwhile
        document = Document.objects.filter(pk=document_id).first()
        if document is None:
            return
        title = one_line(derived.title)[:TITLE_LENGTH]
        renamed = document.title != title
        edited_at = Log.objects.values_list("edited_at", flat=True).get(pk=document_id)
        Document.objects.filter(pk=document_id).update(
            title=title,
            word_count=derived.word_count,
            attention="",
            updated_at=edited_at or document.updated_at,
        )
        DerivedContent.objects.update_or_create(
            document_id=document_id,
            defaults={**searching.columns(title, derived.text), "outline": derived.outline},
        )
        if renamed:
            signals.announce_documents(document.workspace_id, [document_id], "renamed")
        elif document.attention:
            signals.announce_documents(document.workspace_id, [document_id], "updated")


def _advance(document_id: UUID, loaded: log.Loaded) -> bool:
    """Only ever forward: a slow job must not put back what a later one derived."""
    logs = Log.objects.filter(pk=document_id, epoch=loaded.epoch, derived_seq__lt=loaded.head)
    later = ExpressionWrapper(Q(head__gt=loaded.head), output_field=BooleanField())
    return logs.update(derived_seq=loaded.head, underived=later) > 0


def _mark(document_id: UUID, fault: str) -> None:
    Document.objects.filter(pk=document_id).update(attention=fault[:1000])
