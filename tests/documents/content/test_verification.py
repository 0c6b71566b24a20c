"""`verify_documents` finds each way in which a log can contradict itself, and names the document."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from documents import compaction, log
from documents.models import Document, Log, Snapshot, Update
from documents.verification import faults_of
from tests.documents.content.editing import session


@pytest.fixture
def logged(plan: Document) -> Document:
    """A document with a snapshot at 21, one at 41, and ten entries after it."""
    for seed, edits in ((1, 20), (2, 20)):
        _append(plan, seed, edits)
        compaction.compact(plan.pk)
    _append(plan, 3, 10)
    return plan


def test_a_sound_document_has_no_faults(logged: Document) -> None:
    assert faults_of(logged.pk) == []


def test_a_trimmed_document_has_no_faults(logged: Document) -> None:
    Snapshot.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert compaction.trim(logged.pk) > 0

    assert faults_of(logged.pk) == []


def _forge_snapshot(document: Document) -> None:
    """One with a right checksum that lacks what an entry says."""
    older, newest = Snapshot.objects.filter(document=document).order_by("seq")
    Snapshot.objects.filter(pk=newest.pk).update(state=older.state, sha256=older.sha256)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda d: Update.objects.filter(document=d, seq=45).delete(), "entries go from 44 to 46"),
        (lambda d: Update.objects.filter(document=d, seq__gte=50).delete(), "its last entry is 49, but its head 51"),
        (lambda d: Update.objects.filter(document=d, seq__lte=42).delete(), "begin at 43, above the floor 41"),
        (lambda d: Log.objects.filter(pk=d.pk).update(head=F("head") - 1), "its last entry is 51, but its head 50"),
        (lambda d: Log.objects.filter(pk=d.pk).update(floor=1000), "are not in order"),
        (lambda d: Log.objects.filter(pk=d.pk).update(derived_seq=1000), "beyond the head"),
        (lambda d: Log.objects.filter(pk=d.pk).update(compacted_seq=45), "newest snapshot should be at 45"),
        (lambda d: Snapshot.objects.filter(document=d, seq=41).update(state=b"\0\0"), "doesn't match its checksum"),
        (lambda d: Snapshot.objects.filter(document=d, seq=41).update(epoch=2), "epoch that hasn't begun"),
        (lambda d: Snapshot.objects.filter(document=d, seq=41).update(seq=99), "beyond the head 51"),
        (lambda d: Update.objects.filter(document=d, seq=45).update(update=b"garbage"), "content can't be read"),
        (lambda d: Update.objects.filter(document=d, seq=5).update(update=b"garbage"), "after 0: that can't be read"),
        (_forge_snapshot, "differs from a replay of the entries after 0: structs are missing"),
    ],
)
def test_each_kind_of_damage_is_found(logged: Document, damage: Callable[[Document], object], named: str) -> None:
    damage(logged)

    assert named in " · ".join(faults_of(logged.pk))


def test_the_command_names_who_is_ill_and_fails(logged: Document, plan: Document) -> None:
    Update.objects.filter(document=logged, seq=45).delete()
    errors = StringIO()

    with pytest.raises(CommandError, match="1 of 1 documents have faults"):
        call_command("verify_documents", stderr=errors)

    assert f"{logged.pk} “Plan”: its entries go from 44 to 46" in errors.getvalue()


def test_the_command_is_content_with_sound_documents(logged: Document) -> None:
    output = StringIO()

    call_command("verify_documents", str(logged.pk), stdout=output)

    assert output.getvalue() == "1 documents verified, all well.\n"


def test_the_command_does_not_pass_over_an_unknown_id(logged: Document) -> None:
    with pytest.raises(CommandError, match="do not exist"):
        call_command("verify_documents", str(uuid4()))


def _append(document: Document, seed: int, edits: int) -> None:
    with transaction.atomic():
        log.append(document.pk, [(None, update) for update in session(seed, edits)])
