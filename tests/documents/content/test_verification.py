"""`verify_documents` finds each way in which a log can contradict itself, and names the document."""

import json
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
from documents.actions import create_document
from documents.content.yjs import FRONTEND, Yjs
from documents.models import Document, Log, Snapshot, Update, User, Workspace
from documents.verification import faults_of, replayable
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


def _swap(document: Document) -> None:
    """The entries 44 and 45 in each other's place, down to the last column."""
    for seq, to in ((44, 1_000), (45, 44), (1_000, 45)):
        Update.objects.filter(document=document, seq=seq).update(seq=to)


def _insert(document: Document) -> None:
    """One more at the end, and a head that counts it."""
    last = Update.objects.get(document=document, seq=51)
    Update.objects.create(document=document, seq=52, update=last.update, digest=last.digest)
    Log.objects.filter(pk=document.pk).update(head=52)


def _cut(document: Document) -> None:
    """The last entries gone, and a head that doesn't count them."""
    Update.objects.filter(document=document, seq__gt=45).delete()
    Log.objects.filter(pk=document.pk).update(head=45)


def _renew(document: Document) -> None:
    """Another update at 45, with the digest it would have had there."""
    update, author = Update.objects.get(document=document, seq=46).update, 7
    Update.objects.filter(document=document, seq=45).update(update=update, author_id=author)


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
        (lambda d: Update.objects.filter(document=d, seq=45).update(author_id=7), "entry 45 is not what was committed"),
        (lambda d: Update.objects.filter(document=d, seq=5).update(author_id=7), "entry 5 is not what was committed"),
        (lambda d: Update.objects.filter(document=d, seq=45).update(digest=None), "entry 45 has no checksum"),
        (lambda d: Update.objects.filter(document=d, seq=45).update(digest=b"?"), "entry 45 is not what was committed"),
        (lambda d: Update.objects.filter(document=d, seq=51).update(digest=b"?"), "does not lead to its head 51"),
        (lambda d: Log.objects.filter(pk=d.pk).update(chain=b"?"), "does not lead to its head 51"),
        (lambda d: Log.objects.filter(pk=d.pk).update(base_seq=3), "begins after 3 with another entry"),
        (lambda d: Update.objects.filter(document=d, seq__lte=3).delete(), "were trimmed up to 0 only"),
        (lambda d: Snapshot.objects.filter(document=d, seq=41).update(chain=b"?"), "of other entries than there are"),
        (_swap, "entry 44 is not what was committed there"),
        (_swap, "entry 45 is not what was committed there"),
        (_renew, "entry 45 is not what was committed there"),
        (_insert, "entry 52 is not what was committed there"),
        (_cut, "does not lead to its head 45"),
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


def test_the_command_takes_one_document_and_answers_in_json(logged: Document, ann: User, team: Workspace) -> None:
    well = create_document(by=ann, workspace=team, title="Well")
    Update.objects.filter(document=logged, seq=45).update(author_id=7)
    output = StringIO()

    with pytest.raises(CommandError):
        call_command("verify_documents", "--json", stdout=output)

    [ill] = json.loads(output.getvalue())["faulty"]
    assert ill == {"id": str(logged.pk), "title": "Plan", "faults": ["its entry 45 is not what was committed there"]}
    call_command("verify_documents", "--document", str(well.pk), stdout=output)


@pytest.mark.skipif(not (FRONTEND / "node_modules" / "yjs").is_dir(), reason="takes Yjs")
def test_real_yjs_agrees_with_a_sound_document_and_not_with_a_forged_one(logged: Document) -> None:
    call_command("verify_documents", "--with-yjs", stdout=StringIO())
    found = replayable(logged.pk)
    assert found is not None
    state, updates = found
    with Yjs() as yjs:
        assert yjs.difference(state, updates) == ""
        assert yjs.difference(state, updates[:-1]) == "structs or deletions differ"
        assert yjs.difference(b"?", updates).startswith("Yjs can't read it")
        assert yjs.difference(state, updates) == ""


def test_the_command_does_not_pass_over_an_unknown_id(logged: Document) -> None:
    with pytest.raises(CommandError, match="do not exist"):
        call_command("verify_documents", str(uuid4()))


def _append(document: Document, seed: int, edits: int) -> None:
    with transaction.atomic():
        log.append(document.pk, [(None, update) for update in session(seed, edits)])
