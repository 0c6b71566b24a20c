"""Inviting people who may not have an account yet."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from documents import policy
from documents.actions import (
    accept_invitation,
    invite_member,
    revoke_invitation,
    share_document,
    suspend_workspace,
)
from documents.errors import Conflict, Forbidden, Invalid, NotFound
from documents.models import Document, DocumentShare, Invitation, Log, Role, User, Workspace
from documents.models.sharing import INVITATION_LIFETIME
from tests.documents.conftest import Listening, join


def test_an_invitation_is_mailed_with_its_link(ann: User, team: Workspace, listening: Listening) -> None:
    with listening():
        invitation = invite_member(by=ann, workspace=team, email=" Dan@Example.com", role=Role.EDITOR)
        assert not mail.outbox, "mailed before the commit"
    (message,) = mail.outbox
    link = f"{settings.SITE_URL}/invitations/{invitation.token}/"
    assert message.to == ["dan@example.com"]
    assert message.subject == "ann invites you to “Team”"
    assert link in message.body
    ((html, kind),) = message.alternatives  # type: ignore[attr-defined]
    assert kind == "text/html"
    assert link in html


def test_names_in_a_mail_are_text_not_markup(ann: User, team: Workspace, listening: Listening) -> None:
    ann.name = "<script>\nBcc: x@example.com"
    ann.save()
    with listening():
        invite_member(by=ann, workspace=team, email="dan@example.com", role=Role.EDITOR)
    (message,) = mail.outbox
    assert message.subject == "<script> Bcc: x@example.com invites you to “Team”"
    assert "<script>" not in str(message.alternatives[0][0])  # type: ignore[attr-defined]


def test_a_mail_server_that_is_down_does_not_undo_the_invitation(
    ann: User, team: Workspace, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    with listening():
        invite_member(by=ann, workspace=team, email="dan@example.com", role=Role.EDITOR)
    assert Invitation.objects.get().is_pending


def test_the_invited_person_becomes_a_member(ann: User, cleo: User, plan: Document, listening: Listening) -> None:
    invitation = invite_member(by=ann, workspace=plan.workspace, email="cleo@example.com", role=Role.COMMENTER)
    with listening() as heard:
        accept_invitation(by=cleo, token=invitation.token)
    assert policy.role_on(cleo, plan) is Role.COMMENTER
    assert [name for name, _ in heard] == ["access", "memberships", "notified"]
    assert Log.objects.get(document=plan).access_version == 2
    accept_invitation(by=cleo, token=invitation.token)  # a second click is no error


def test_holding_the_link_is_not_enough(ann: User, cleo: User, team: Workspace) -> None:
    invitation = invite_member(by=ann, workspace=team, email="dan@example.com", role=Role.EDITOR)
    with pytest.raises(Forbidden, match=r"dan@example\.com"):
        accept_invitation(by=cleo, token=invitation.token)
    EmailAddress.objects.create(user=cleo, email="dan@example.com", verified=False)
    with pytest.raises(Forbidden):
        accept_invitation(by=cleo, token=invitation.token)
    EmailAddress.objects.filter(email="dan@example.com").update(verified=True)
    accept_invitation(by=cleo, token=invitation.token)
    assert policy.role_in(cleo, team) is Role.EDITOR


def test_a_revoked_an_expired_and_an_unknown_invitation_are_alike(ann: User, cleo: User, team: Workspace) -> None:
    revoked = invite_member(by=ann, workspace=team, email="cleo@example.com", role=Role.EDITOR)
    revoke_invitation(by=ann, invitation=revoked)
    expired = invite_member(by=ann, workspace=team, email="cleo@example.com", role=Role.EDITOR)
    Invitation.objects.filter(pk=expired.pk).update(created_at=timezone.now() - INVITATION_LIFETIME - timedelta(days=1))
    for token in (revoked.token, expired.token, "nonsense"):
        with pytest.raises(NotFound):
            accept_invitation(by=cleo, token=token)
    assert policy.role_in(cleo, team) is None


def test_accepting_never_lowers_a_role(ann: User, cleo: User, team: Workspace) -> None:
    invitation = invite_member(by=ann, workspace=team, email="cleo@example.com", role=Role.READER)
    join(team, cleo, Role.ADMIN)
    accept_invitation(by=cleo, token=invitation.token)
    assert policy.role_in(cleo, team) is Role.ADMIN


def test_a_document_is_shared_with_an_address_without_account(ben: User, plan: Document, listening: Listening) -> None:
    with listening():
        invitation = share_document(by=ben, document=plan, user_or_email="dan@example.com", role=Role.EDITOR)
    assert isinstance(invitation, Invitation)
    assert mail.outbox[0].subject == "ben invites you to write in “Plan”"
    dan = User.objects.create_user("dan@example.com")
    accept_invitation(by=dan, token=invitation.token)
    assert policy.role_on(dan, plan) is Role.EDITOR
    assert policy.role_in(dan, plan.workspace) is None


def test_an_address_someone_merely_claims_is_not_their_account(ben: User, plan: Document) -> None:
    User.objects.create(email="dan@example.com")  # signed up, address not verified
    shared = share_document(by=ben, document=plan, user_or_email="dan@example.com", role=Role.EDITOR)
    assert isinstance(shared, Invitation)
    assert not DocumentShare.objects.exists()


def test_signing_in_takes_up_what_was_waiting(ann: User, team: Workspace, plan: Document) -> None:
    invite_member(by=ann, workspace=team, email="dan@example.com", role=Role.READER)
    share_document(by=ann, document=plan, user_or_email="dan@example.com", role=Role.EDITOR)
    dan = User.objects.create_user("dan@example.com")
    Client().force_login(dan)
    assert policy.role_in(dan, team) is Role.READER
    assert policy.role_on(dan, plan) is Role.EDITOR
    assert Workspace.objects.filter(personal_owner=dan).exists()


def test_verifying_an_address_takes_up_what_was_waiting_for_it(ann: User, cleo: User, team: Workspace) -> None:
    invite_member(by=ann, workspace=team, email="cleo@work.example", role=Role.READER)
    address = EmailAddress.objects.create(user=cleo, email="cleo@work.example", verified=True)
    email_confirmed.send(sender=EmailAddress, request=None, email_address=address)
    assert policy.role_in(cleo, team) is Role.READER


def test_a_suspended_workspace_does_not_keep_anybody_from_signing_in(ann: User, team: Workspace) -> None:
    invite_member(by=ann, workspace=team, email="dan@example.com", role=Role.READER)
    suspend_workspace(by=None, workspace=team)
    dan = User.objects.create_user("dan@example.com")
    Client().force_login(dan)
    assert policy.role_in(dan, team) is None
    assert Invitation.objects.get().is_pending


def test_inviting_anew_replaces_what_was_pending(ann: User, team: Workspace) -> None:
    first = invite_member(by=ann, workspace=team, email="dan@example.com", role=Role.READER)
    second = invite_member(by=ann, workspace=team, email="dan@example.com", role=Role.EDITOR)
    assert [i.pk for i in Invitation.objects.filter(revoked_at=None)] == [second.pk]
    assert first.token != second.token


def test_a_member_is_not_invited(ann: User, team: Workspace) -> None:
    with pytest.raises(Conflict, match="member already"):
        invite_member(by=ann, workspace=team, email="ben@example.com", role=Role.ADMIN)


@pytest.mark.parametrize("email", ["", "dan", "dan@", "a b@example.com"])
def test_what_is_no_address_is_refused(ann: User, team: Workspace, email: str) -> None:
    with pytest.raises(Invalid) as refusal:
        invite_member(by=ann, workspace=team, email=email, role=Role.READER)
    assert "email" in refusal.value.fields


def test_who_may_not_invite_can_not_revoke_either(ann: User, ben: User, team: Workspace) -> None:
    with pytest.raises(Forbidden):
        invite_member(by=ben, workspace=team, email="dan@example.com", role=Role.READER)
    invitation = invite_member(by=ann, workspace=team, email="dan@example.com", role=Role.OWNER)
    with pytest.raises(Forbidden):
        revoke_invitation(by=ben, invitation=invitation)
    join(team, ben, Role.ADMIN)
    with pytest.raises(Forbidden):  # an owner's invitation is above an admin
        revoke_invitation(by=ben, invitation=invitation)


def test_an_accepted_invitation_is_not_revoked(ann: User, cleo: User, team: Workspace) -> None:
    invitation = invite_member(by=ann, workspace=team, email="cleo@example.com", role=Role.READER)
    accept_invitation(by=cleo, token=invitation.token)
    with pytest.raises(Conflict):
        revoke_invitation(by=ann, invitation=invitation)
