"""Documents in the admin: the preview, the trash, transfers."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from documents import log, policy
from documents.actions import create_document, create_workspace, replace_content, trash_document
from documents.content.loading import load
from documents.content.tree import read
from documents.models import AuditEntry, Document, Log, Role, User, Workspace
from tests.documents.admin.conftest import Act
from tests.documents.conftest import Listening
from tests.documents.content.editing import session


def test_the_preview_shows_the_content_and_runs_nothing_of_it(desk: Client, ben: User, plan: Document) -> None:
    hostile = "<p>Hello<script>alert(1)</script> <img src=x onerror=alert(2)> <a href='javascript:alert(3)'>x</a></p>"
    replace_content(by=ben, document=plan, html=hostile)
    page = desk.get(reverse("admin:documents_document_change", args=[plan.pk])).content.decode()
    frame = page[page.index("<iframe") : page.index("</iframe>")]
    assert "sandbox " in frame
    assert "Hello" in frame
    assert "&lt;p&gt;" in frame  # as the value of an attribute, not as our own page's elements
    assert not any(word in frame for word in ("<script", "&lt;script", "onerror", "javascript:", "<p>"))


def test_it_cannot_be_edited_from_here(desk: Client, plan: Document) -> None:
    address = reverse("admin:documents_document_change", args=[plan.pk])
    assert desk.post(address, {"title": "Mine"}).status_code == 403
    assert desk.get(reverse("admin:documents_document_add")).status_code == 403


def test_trashing_and_restoring_reach_open_editors(
    act: Act, operator: User, ben: User, plan: Document, listening: Listening
) -> None:
    for action, gone in (("trash", True), ("restore", False)):
        version = Log.objects.get(document=plan).access_version
        with listening() as heard:
            act(action, plan)
        assert ("access", {"document_ids": [plan.pk], "user_ids": None}) in heard
        assert Log.objects.get(document=plan).access_version > version
        fresh = Document.objects.get(pk=plan.pk)
        assert (fresh.trashed_at is not None) is gone
        assert policy.may(ben, policy.Action.EDIT, fresh) is not gone
    assert set(AuditEntry.objects.filter(document=plan, actor=operator).values_list("action", flat=True)) == {
        "document.trashed",
        "document.restored",
    }


def test_a_transfer_asks_where_to_first(
    act: Act, ann: User, ben: User, cleo: User, plan: Document, listening: Listening
) -> None:
    other = create_workspace(by=cleo, name="Other")
    page = act("transfer", plan).content.decode()
    assert "Plan" in page
    assert "admin-autocomplete" in page
    assert Document.objects.get(pk=plan.pk).workspace_id == plan.workspace_id

    with listening() as heard:
        act("transfer", plan, transfer="Transfer", workspace=str(other.pk))
    fresh = Document.objects.get(pk=plan.pk)
    assert fresh.workspace == other
    assert policy.role_on(ben, fresh) is None
    assert policy.role_on(cleo, fresh) is Role.OWNER
    assert "access" in [name for name, _ in heard]


def test_workspaces_of_one_name_are_told_apart_where_one_is_chosen(desk: Client, ann: User, cleo: User) -> None:
    for owner in (ann, cleo):
        create_workspace(by=owner, name="Sales")
    field = {"app_label": "documents", "model_name": "document", "field_name": "workspace"}
    found = desk.get(reverse("admin:autocomplete"), {"term": "sal", **field}).json()["results"]
    assert {suggested["text"] for suggested in found} == {
        "Sales (ann@example.com, 1 member)",
        "Sales (cleo@example.com, 1 member)",
    }


def test_what_goes_along_with_its_parent_is_no_error(act: Act, ann: User, plan: Document) -> None:
    below = create_document(by=ann, parent=create_document(by=ann, parent=plan, title="Below"), title="Far below")
    other = create_workspace(by=ann, name="Other")
    page = act("transfer", plan, below, transfer="Transfer", workspace=str(other.pk)).content.decode()
    assert "Transferred 1 document to" in page
    assert "Not done" not in page
    below.refresh_from_db()
    assert (below.workspace, below.parent and below.parent.title) == (other, "Below")


def test_one_refusal_does_not_take_the_others_along(act: Act, ann: User, team: Workspace, plan: Document) -> None:
    other = create_workspace(by=ann, name="Other")
    notes = Document.objects.get(pk=plan.pk)
    trashed = trash_document(by=ann, document=create_document(by=ann, workspace=team, title="Trashed"))
    page = act("transfer", notes, trashed, transfer="Transfer", workspace=str(other.pk)).content.decode()
    assert "Transferred 1 document to" in page
    assert "Trashed" in page
    assert "Restore it first" in page
    assert Document.objects.get(pk=trashed.pk).workspace == team


def test_compacting_makes_a_document_smaller_and_says_the_same(
    act: Act, operator: User, plan: Document, listening: Listening
) -> None:
    updates = session(seed=3, edits=300)
    with transaction.atomic():
        log.append(plan.pk, [(None, update) for update in updates])
    before, text = Log.objects.get(pk=plan.pk).size_bytes, read(load(log.state(plan.pk)))
    with listening() as heard:
        page = act("compact", plan).content.decode()
    assert "Compacted 1 document." in page
    assert ("compacted", {"document_id": plan.pk}) in heard
    assert Log.objects.get(pk=plan.pk).size_bytes < before
    assert read(load(log.state(plan.pk))) == text
    assert AuditEntry.objects.get(action="document.compacted").actor == operator


def test_the_same_by_command(plan: Document) -> None:
    with transaction.atomic():
        log.append(plan.pk, [(None, update) for update in session(seed=3, edits=300)])
    out = StringIO()
    call_command("compact", str(plan.pk), stdout=out)
    assert "“Plan”" in out.getvalue()
    assert log.load(plan.pk).entries == []
    with pytest.raises(CommandError, match="1 of these"):
        call_command("compact", str(uuid4()), stdout=StringIO())
