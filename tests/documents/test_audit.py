"""The audit log: nobody's to change, and forgotten with age."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from documents import actions, jobs
from documents.models import AuditEntry, Document, User
from documents.models.audit import Unchangeable


def entry() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


def test_an_entry_is_neither_changed_nor_deleted_by_any_code_of_ours(plan: Document) -> None:
    written = entry()
    written.action = "nothing.happened"
    for change in (
        written.save,
        written.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(action="nothing.happened"),
        lambda: AuditEntry.objects.bulk_update([written], ["action"]),
    ):
        with pytest.raises(Unchangeable):
            change()
    assert entry().action == "document.created"


def test_an_entry_outlives_what_it_is_about(ann: User, plan: Document) -> None:
    actions.trash_document(by=ann, document=plan)
    actions.purge_document(by=ann, document=plan)
    User.objects.filter(pk=ann.pk).delete()
    made = AuditEntry.objects.get(action="document.created")
    assert (made.document, made.actor, made.details["title"]) == (None, None, "Plan")


def test_entries_are_forgotten_when_they_are_old_enough(plan: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_looks", jobs._Looks())
    kept = AuditEntry.objects.count()
    assert ("prune_audit", jobs.NO_DOCUMENT) not in jobs.due_jobs()
    age = timedelta(days=settings.LIMITS.audit_kept_days)
    AuditEntry.objects.create(action="long.ago", at=timezone.now() - age - timedelta(hours=1))
    AuditEntry.objects.create(action="not.so.long.ago", at=timezone.now() - age + timedelta(hours=1))
    monkeypatch.setattr(jobs, "_looks", jobs._Looks())
    assert ("prune_audit", jobs.NO_DOCUMENT) in jobs.due_jobs()
    jobs.prune_audit(str(jobs.NO_DOCUMENT))
    assert AuditEntry.objects.count() == kept + 1
    assert not AuditEntry.objects.filter(action="long.ago").exists()
