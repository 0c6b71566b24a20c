"""Snapshots: what bounds the cost of opening a document, however long its history.

A snapshot is inserted and the floor raised over it in one transaction; the entries below the floor are deleted a day
later, and only while a snapshot with the right checksum stands over them. So at no statement is there a moment at which
the document can't be loaded, and a mistake of today's compaction can be mended tomorrow from entries and the snapshot
before. `(epoch, seq)` guards against a second compactor; appends go on meanwhile and are none of its business.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max, Min, Sum
from django.db.models.functions import Length
from django.utils import timezone

from documents import log, merging, signals
from documents.content import sandbox, structs
from documents.content.squeezing import Unsafe, squeeze
from documents.models import Log, Snapshot, Update

logger = logging.getLogger(__name__)

KEPT_SNAPSHOTS = 2
# Besides, so many of the time for which entries are kept. They go only behind a snapshot that is as old, so one must
# grow old; but each holds the whole document, and a busy one is compacted a thousand times a day.
GROWING_OLD = 4
# One DELETE of a long history would hold SQLite's only write lock for as long as it takes.
TRIM_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Compacted:
    seq: int
    entries: int
    size: int
    squeezed: bool
    """False: the merged bytes as they are, because the smaller encoding would have changed something."""


def compact(document_id: UUID) -> Compacted | None:
    """Stores everything up to the head as a snapshot. None: nothing to do, or another compactor was first.

    Raises DocumentGone, CorruptLog; and Unverified if what is to be stored lacks something (then nothing is stored).
    """
    loaded = log.load(document_id)
    if not loaded.entries:
        return None
    updates = [loaded.snapshot, *(entry.update for entry in loaded.entries)]
    merged = merging.merge(updates)
    try:
        state, squeezed = sandbox.run_within(settings.LIMITS.job_seconds / 2, squeeze, merged), True
    except (Unsafe, sandbox.Failed) as reason:
        logger.warning("%s is kept merged instead of squeezed: %s", document_id, reason)
        _verify(merged, updates)
        state, squeezed = merged, False
    if not _store(document_id, loaded, state):
        return None
    signals.announce_compacted(document_id)
    Snapshot.objects.filter(pk__in=_between(document_id, loaded.epoch)).delete()
    return Compacted(loaded.head, len(loaded.entries), len(state), squeezed)


def trim(document_id: UUID) -> int:
    """Deletes entries that a snapshot older than the retention covers, and it, once two newer ones stand."""
    retained = timezone.now() - timedelta(seconds=settings.LIMITS.entries_kept_seconds)
    stood = Log.objects.filter(pk=document_id).values("epoch", "floor").first()
    if stood is None:
        return 0
    snapshots = Snapshot.objects.filter(document_id=document_id, epoch=stood["epoch"])
    newest = snapshots.order_by("-seq").first()
    if newest is None or hashlib.sha256(newest.state).hexdigest() != newest.sha256:
        return 0  # these entries may be all there is
    covered = snapshots.filter(verified=True, created_at__lte=retained).aggregate(seq=Max("seq"))["seq"]
    deleted = _delete_entries(document_id, min(covered, stood["floor"])) if covered is not None else 0
    newest_few = list(snapshots.order_by("-seq").values_list("pk", flat=True)[:KEPT_SNAPSHOTS])
    others = Snapshot.objects.filter(document_id=document_id, epoch__lte=stood["epoch"]).exclude(pk__in=newest_few)
    others.exclude(epoch=stood["epoch"], created_at__gt=retained).delete()
    return deleted


def _between(document_id: UUID, epoch: int) -> list[int]:
    """Snapshots that others stand in for: newer ones, and one of about the same age for the day when they are old."""
    span = max(1.0, settings.LIMITS.entries_kept_seconds / GROWING_OLD)
    made = (
        Snapshot.objects.filter(document_id=document_id, epoch=epoch).order_by("-seq").values_list("pk", "created_at")
    )
    superseded: list[int] = []
    spans: set[int] = set()
    for key, at in reversed(made[KEPT_SNAPSHOTS:]):
        if (number := int(at.timestamp() // span)) in spans:
            superseded.append(key)
        spans.add(number)
    return superseded


class Unverified(RuntimeError):
    """A merge lost something. The log is left as it is."""


def _verify(merged: bytes, updates: list[bytes]) -> None:
    """The merged bytes hold every struct and deletion of each update, by our own reading of them."""
    whole = structs.scan(merged)
    for update in updates:
        part = structs.scan(update)
        if not structs.covers(whole.held, part.held) or not structs.covers(whole.deleted, part.deleted):
            raise Unverified("a merge of updates lacks something of one of them")


class _Overtaken(Exception):
    """The log moved on (another compactor, another epoch, no document any more)."""


def _store(document_id: UUID, loaded: log.Loaded, state: bytes) -> bool:
    try:
        with transaction.atomic():
            # First the big write, then the lock: appends wait only for the small ones.
            Snapshot.objects.create(
                document_id=document_id,
                epoch=loaded.epoch,
                seq=loaded.head,
                state=state,
                sha256=hashlib.sha256(state).hexdigest(),
                chain=Update.objects.filter(document_id=document_id, seq=loaded.head).values("digest"),
                verified=True,
            )
            stands = Log.objects.select_for_update(no_key=True).filter(pk=document_id, epoch=loaded.epoch)
            if not stands.filter(compacted_seq__lt=loaded.head, floor__lt=loaded.head).values_list("pk"):
                raise _Overtaken
            newer = Update.objects.filter(document_id=document_id, seq__gt=loaded.head)
            tail = newer.aggregate(size=Sum(Length("update")))["size"] or 0
            Log.objects.filter(pk=document_id).update(
                floor=loaded.head, compacted_seq=loaded.head, size_bytes=len(state) + tail
            )
    except (_Overtaken, IntegrityError):
        return False
    return True


def _delete_entries(document_id: UUID, up_to: int) -> int:
    entries = Update.objects.filter(document_id=document_id)
    # The chain goes on from the last of what goes. First, so that a deletion which is cut short leaves no loose end.
    last = entries.filter(seq=up_to).values_list("digest", flat=True).first()
    if last is not None:
        Log.objects.filter(pk=document_id, base_seq__lt=up_to).update(base_seq=up_to, base_chain=last)
    deleted = 0
    while (lowest := entries.aggregate(seq=Min("seq"))["seq"]) is not None and lowest <= up_to:
        count, _ = entries.filter(seq__lte=min(up_to, lowest + TRIM_ROWS - 1)).delete()
        deleted += count
    return deleted
