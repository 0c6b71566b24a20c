"""Sharing single documents, above or instead of the workspace's rights."""

import pytest
from django.core import mail

from documents import policy
from documents.actions import (
    create_document,
    create_workspace,
    set_inherits,
    share_document,
    suspend_workspace,
    unshare_document,
)
from documents.errors import Conflict, Forbidden, Invalid, NotFound
from documents.models import Document, DocumentShare, Invitation, Log, Role, User
from documents.policy import Action
from tests.documents.conftest import Listening, join


def test_a_shared_document_is_open_to_a_person_from_outside(
    ben: User, cleo: User, plan: Document, listening: Listening
) -> None:
    below = create_document(by=ben, parent=plan)
    beside = create_document(by=ben, workspace=plan.workspace)
    version = Log.objects.get(document=below).access_version
    with listening() as heard:
        share_document(by=ben, document=plan, user_or_email="Cleo@Example.com ", role=Role.COMMENTER)
    assert [policy.role_on(cleo, d) for d in (plan, below, beside)] == [Role.COMMENTER, Role.COMMENTER, None]
    assert Log.objects.get(document=below).access_version == version + 1
    assert ("access", {"document_ids": [plan.pk, below.pk], "user_ids": [cleo.pk]}) in heard
    assert not mail.outbox


def test_sharing_again_changes_the_role(ben: User, cleo: User, plan: Document) -> None:
    share_document(by=ben, document=plan, user_or_email=cleo, role=Role.EDITOR)
    share_document(by=ben, document=plan, user_or_email=cleo, role=Role.READER)
    assert policy.role_on(cleo, plan) is Role.READER


def test_unsharing_takes_it_away(ben: User, cleo: User, plan: Document, listening: Listening) -> None:
    share_document(by=ben, document=plan, user_or_email=cleo, role=Role.EDITOR)
    with listening() as heard:
        unshare_document(by=ben, document=plan, user=cleo)
    assert policy.role_on(cleo, plan) is None
    assert heard[0] == ("access", {"document_ids": [plan.pk], "user_ids": [cleo.pk]})


def test_a_guest_may_give_up_what_was_shared_with_them(ben: User, cleo: User, plan: Document) -> None:
    share_document(by=ben, document=plan, user_or_email=cleo, role=Role.READER)
    unshare_document(by=cleo, document=plan, user=cleo)
    assert policy.role_on(cleo, plan) is None


def test_a_members_role_is_not_unshared(ann: User, ben: User, plan: Document) -> None:
    with pytest.raises(Conflict, match="above"):
        unshare_document(by=ann, document=plan, user=ben)


@pytest.mark.parametrize("role", [Role.READER, Role.COMMENTER])
def test_who_may_not_edit_may_not_share(cleo: User, ben: User, plan: Document, role: Role) -> None:
    share_document(by=ben, document=plan, user_or_email=cleo, role=role)
    with pytest.raises(Forbidden):
        share_document(by=cleo, document=plan, user_or_email="dan@example.com", role=Role.READER)
    with pytest.raises(Forbidden):
        share_document(by=cleo, document=plan, user_or_email=cleo, role=Role.EDITOR)


def test_nobody_shares_more_than_they_have(ben: User, cleo: User, plan: Document) -> None:
    for person in (cleo, ben, "dan@example.com"):
        with pytest.raises(Forbidden):
            share_document(by=ben, document=plan, user_or_email=person, role=Role.ADMIN)
    assert not DocumentShare.objects.exists()
    assert not Invitation.objects.exists()


def test_nobody_lowers_or_takes_back_a_share_above_their_own_role(
    ann: User, ben: User, cleo: User, plan: Document
) -> None:
    share_document(by=ann, document=plan, user_or_email=cleo, role=Role.ADMIN)
    with pytest.raises(Forbidden):
        share_document(by=ben, document=plan, user_or_email=cleo, role=Role.READER)
    with pytest.raises(Forbidden):
        unshare_document(by=ben, document=plan, user=cleo)
    assert policy.role_on(cleo, plan) is Role.ADMIN


def test_documents_have_no_owner_of_their_own(ann: User, cleo: User, plan: Document) -> None:
    with pytest.raises(Invalid):
        share_document(by=ann, document=plan, user_or_email=cleo, role=Role.OWNER)


def test_a_stranger_learns_nothing_by_sharing(cleo: User, plan: Document) -> None:
    with pytest.raises(NotFound):
        share_document(by=cleo, document=plan, user_or_email=cleo, role=Role.READER)
    with pytest.raises(NotFound):
        unshare_document(by=cleo, document=plan, user=cleo)
    with pytest.raises(NotFound):
        set_inherits(by=cleo, document=plan, inherits=False)


def test_restricting_leaves_those_it_is_shared_with_and_whoever_restricted_it(
    ann: User, ben: User, cleo: User, plan: Document, listening: Listening
) -> None:
    join(plan.workspace, cleo, Role.EDITOR)
    below = create_document(by=ann, parent=plan)
    with listening() as heard:
        set_inherits(by=ben, document=plan, inherits=False)
    for document in (plan, below):
        document = Document.objects.get(pk=document.pk)
        roles = [policy.role_on(user, document) for user in (ann, ben, cleo)]
        assert roles == [Role.OWNER, Role.EDITOR, None]
    assert ("access", {"document_ids": [plan.pk, below.pk], "user_ids": None}) in heard


def test_lifting_a_restriction_can_not_raise_ones_own_role(ann: User, cleo: User, plan: Document) -> None:
    below = create_document(by=ann, parent=plan)
    set_inherits(by=ann, document=below, inherits=False)
    share_document(by=ann, document=plan, user_or_email=cleo, role=Role.ADMIN)
    share_document(by=ann, document=below, user_or_email=cleo, role=Role.EDITOR)
    with pytest.raises(Forbidden, match="raise your own role"):
        set_inherits(by=cleo, document=below, inherits=True)
    assert not Document.objects.get(pk=below.pk).inherits


def test_a_deactivated_account_is_not_shared_with(ann: User, cleo: User, plan: Document) -> None:
    cleo.is_active = False
    cleo.save()
    with pytest.raises(Conflict):
        share_document(by=ann, document=plan, user_or_email=cleo, role=Role.READER)


def test_nothing_is_shared_in_a_suspended_workspace(ann: User, cleo: User, plan: Document) -> None:
    suspend_workspace(by=None, workspace=plan.workspace)
    with pytest.raises(Forbidden, match="suspended"):
        share_document(by=ann, document=plan, user_or_email=cleo, role=Role.READER)


def test_a_guest_admin_of_a_document_is_nothing_in_its_workspace(ann: User, cleo: User, plan: Document) -> None:
    share_document(by=ann, document=plan, user_or_email=cleo, role=Role.ADMIN)
    assert policy.may(cleo, Action.PURGE, plan)
    assert policy.role_in(cleo, plan.workspace) is None
    assert policy.role_in(cleo, create_workspace(by=cleo, name="Own")) is Role.OWNER
