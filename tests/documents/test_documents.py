"""Making, naming, copying and marking documents."""

import pytest
from pycrdt import Doc, Text
from pytest_django import DjangoAssertNumQueries

from documents import log, policy
from documents.actions import (
    append_update,
    create_document,
    duplicate_document,
    favourite,
    record_visit,
    rename_document,
    set_inherits,
    share_document,
    trash_document,
    unfavourite,
)
from documents.content.writer import retitle
from documents.errors import Conflict, Forbidden, Invalid, NotFound
from documents.merging import EMPTY_UPDATE
from documents.models import AuditEntry, Document, Favourite, Log, Role, User, Visit, Workspace
from documents.policy import Action
from tests.documents.conftest import Listening


def title_in_log(document: Document) -> str:
    doc: Doc[Text] = Doc()
    doc.apply_update(log.state(document.pk))
    return str(doc.get("title", type=Text))


def test_a_title_alone_is_enough_for_an_account_made_in_the_shell(cleo: User) -> None:
    document = create_document(by=cleo, title="Notes")
    assert document.workspace.personal_owner == cleo
    assert policy.role_on(cleo, document) is Role.OWNER
    assert create_document(by=cleo).workspace == document.workspace


def test_a_new_document_has_its_title_in_the_log_from_the_first_entry(plan: Document, ann: User) -> None:
    assert title_in_log(plan) == "Plan"
    assert [(e.seq, e.author_id) for e in log.load(plan.pk).entries] == [(1, ann.pk)]


def test_an_untitled_document_starts_with_an_empty_log(ann: User) -> None:
    assert Log.objects.get(document=create_document(by=ann)).head == 0


def test_new_documents_come_last_among_their_siblings(ann: User, team: Workspace) -> None:
    made = [create_document(by=ann, workspace=team, title=str(i)) for i in range(3)]
    assert list(Document.objects.filter(workspace=team).order_by("position")) == made


def test_a_reader_of_a_workspace_can_not_create_in_it(cleo: User, team: Workspace, plan: Document) -> None:
    share_document(by=None, document=plan, user_or_email=cleo, role=Role.READER)
    with pytest.raises(NotFound):
        create_document(by=cleo, workspace=team)
    with pytest.raises(Forbidden):
        create_document(by=cleo, parent=plan)


def test_a_guest_who_may_edit_a_document_may_create_below_it(cleo: User, plan: Document) -> None:
    share_document(by=None, document=plan, user_or_email=cleo, role=Role.EDITOR)
    child = create_document(by=cleo, parent=plan, title="Details")
    assert (child.workspace, child.parent) == (plan.workspace, plan)


def test_nothing_is_created_below_a_trashed_document(ann: User, plan: Document) -> None:
    trash_document(by=ann, document=plan)
    with pytest.raises(Forbidden, match="trash"):
        create_document(by=ann, parent=plan)


def test_a_parent_in_another_workspace_is_refused(ann: User, plan: Document) -> None:
    with pytest.raises(Invalid):
        create_document(by=ann, workspace=create_document(by=ann).workspace, parent=plan)


def test_renaming_is_an_edit_that_open_editors_merge(ben: User, plan: Document, listening: Listening) -> None:
    with listening() as heard:
        rename_document(by=ben, document=plan, title="  Great\nplan ")
    plan.refresh_from_db()
    assert plan.title == title_in_log(plan) == "Great plan"
    (_, entries), (_, listed) = heard
    assert (entries["document_id"], entries["epoch"], entries["first_seq"]) == (plan.pk, 1, 2)
    assert entries["updates"] == [log.load(plan.pk).entries[-1].update]
    assert (listed["kind"], listed["document_ids"]) == ("renamed", [plan.pk])


def test_renaming_to_the_same_title_adds_no_entry(ben: User, plan: Document) -> None:
    rename_document(by=ben, document=plan, title="Plan")
    assert Log.objects.get(document=plan).head == 1


def test_a_title_too_long_is_refused_by_name_of_the_field(ben: User, plan: Document) -> None:
    with pytest.raises(Invalid) as refusal:
        rename_document(by=ben, document=plan, title="x" * 301)
    assert "title" in refusal.value.fields


def test_a_reader_can_not_rename_or_append(cleo: User, plan: Document) -> None:
    share_document(by=None, document=plan, user_or_email=cleo, role=Role.COMMENTER)
    with pytest.raises(Forbidden):
        rename_document(by=cleo, document=plan, title="Mine")
    with pytest.raises(Forbidden):
        append_update(by=cleo, document=plan, update=retitle(EMPTY_UPDATE, "Mine"))
    assert title_in_log(plan) == "Plan"


def test_an_appended_update_is_numbered_and_announced(ben: User, plan: Document, listening: Listening) -> None:
    update = retitle(log.state(plan.pk), "Plan B")
    with listening() as heard:
        assert append_update(by=ben, document=plan, update=update) == 2
    assert heard == [("entries", {"document_id": plan.pk, "epoch": 1, "first_seq": 2, "updates": [update]})]


def test_a_copy_is_another_document_with_the_same_content(ben: User, plan: Document) -> None:
    copy = duplicate_document(by=ben, document=plan)
    assert copy.title == title_in_log(copy) == "Plan (copy)"
    assert title_in_log(plan) == "Plan"
    assert (copy.workspace, copy.parent, copy.created_by) == (plan.workspace, None, ben)
    assert log.heads([copy.pk])[copy.pk].head == 1


def test_a_copy_lies_just_after_its_original(ann: User, team: Workspace, plan: Document) -> None:
    after = create_document(by=ann, workspace=team, title="After")
    copy = duplicate_document(by=ann, document=plan)
    assert list(Document.objects.filter(workspace=team).order_by("position")) == [plan, copy, after]


def test_a_guests_copy_goes_to_their_personal_workspace(cleo: User, plan: Document) -> None:
    share_document(by=None, document=plan, user_or_email=cleo, role=Role.READER)
    assert duplicate_document(by=cleo, document=plan).workspace.personal_owner == cleo


def test_the_copy_of_a_restricted_document_is_restricted(ann: User, ben: User, team: Workspace, plan: Document) -> None:
    set_inherits(by=ann, document=plan, inherits=False)
    share_document(by=ann, document=plan, user_or_email=ben, role=Role.EDITOR)
    copy = duplicate_document(by=ben, document=plan)
    assert not Document.objects.get(pk=copy.pk).inherits
    assert set(policy.people_on(copy)) == {ann, ben}
    assert policy.role_on(ben, copy) is Role.EDITOR


def test_a_trashed_document_is_not_copied(ann: User, plan: Document) -> None:
    trash_document(by=ann, document=plan)
    with pytest.raises(Conflict):
        duplicate_document(by=ann, document=plan)


def test_a_favourite_is_ones_own_and_comes_off_without_rights(ben: User, plan: Document, listening: Listening) -> None:
    with listening() as heard:
        favourite(by=ben, document=plan)
        favourite(by=ben, document=plan)
    assert heard == [("favourites", {"user_id": ben.pk})] * 2
    assert Favourite.objects.filter(document=plan).count() == 1
    ben.memberships.all().delete()
    unfavourite(by=ben, document=plan)
    assert not Favourite.objects.exists()


def test_visiting_again_moves_the_visit(ben: User, cleo: User, plan: Document) -> None:
    record_visit(by=ben, document=plan)
    first = Visit.objects.get(user=ben).at
    record_visit(by=ben, document=plan)
    assert Visit.objects.get(user=ben).at > first
    with pytest.raises(NotFound):
        record_visit(by=cleo, document=plan)


def test_what_was_done_and_by_whom_is_written_down(ann: User, ben: User, plan: Document) -> None:
    rename_document(by=ben, document=plan, title="Plan B")
    entry = AuditEntry.objects.get(action="document.renamed")
    assert (entry.actor, entry.document, entry.workspace) == (ben, plan, plan.workspace)
    assert entry.details == {"old": "Plan", "new": "Plan B"}


def test_a_log_row_is_never_saved_back(plan: Document) -> None:
    with pytest.raises(TypeError):
        plan.log.save()


def test_creating_costs_the_same_however_many_there_are(
    ann: User, team: Workspace, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for i in range(20):
        create_document(by=ann, workspace=team, title=str(i))
    with django_assert_max_num_queries(18):
        create_document(by=ann, workspace=team, title="One more")
    assert policy.may(ann, Action.EDIT, Document.objects.get(title="One more"))
