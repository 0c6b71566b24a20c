"""Invitations and tokens in the admin, and the log of all that is done there."""

from django.core import mail
from django.test import Client
from django.urls import reverse

from documents.actions import create_token, invite_member, share_document
from documents.models import AuditEntry, Document, Invitation, Role, User, Workspace
from tests.documents.admin.conftest import Act
from tests.documents.conftest import Listening


def test_an_invitation_is_sent_again_with_a_new_link(
    act: Act, ann: User, team: Workspace, plan: Document, listening: Listening
) -> None:
    with listening():
        first = invite_member(by=ann, workspace=team, email="dora@example.com", role=Role.READER)
        share_document(by=ann, document=plan, user_or_email="ed@example.com", role=Role.EDITOR)
    assert len(mail.outbox) == 2
    with listening():
        act("resend", *Invitation.objects.all())
    assert len(mail.outbox) == 4
    first.refresh_from_db()
    assert not first.is_pending
    pending = Invitation.objects.filter(revoked_at=None)
    assert {(i.email, i.role, i.document) for i in pending} == {
        ("dora@example.com", "reader", None),
        ("ed@example.com", "editor", plan),
    }


def test_a_revoked_invitation_is_neither_valid_nor_sent_again(
    act: Act, operator: User, ann: User, team: Workspace
) -> None:
    invitation = invite_member(by=ann, workspace=team, email="dora@example.com", role=Role.READER)
    act("revoke", invitation)
    invitation.refresh_from_db()
    assert not invitation.is_pending
    assert AuditEntry.objects.get(action="invitation.revoked").actor == operator
    assert "nothing to send again" in act("resend", invitation).content.decode()
    assert Invitation.objects.count() == 1


def test_revoking_a_token_ends_what_it_opened(act: Act, ann: User, listening: Listening) -> None:
    token, secret = create_token(by=ann, user=ann, name="program")
    with listening() as heard:
        page = act("revoke", token).content.decode()
    assert ("sessions", {"user_id": ann.pk, "session_keys": [f"token:{token.pk}"]}) in heard
    token.refresh_from_db()
    assert not token.is_valid()
    assert secret not in page
    assert token.digest not in page


def test_the_audit_log_cannot_be_changed(desk: Client, ann: User, team: Workspace) -> None:
    entry = AuditEntry.objects.order_by("pk").first()
    assert entry is not None
    page = reverse("admin:documents_auditentry_change", args=[entry.pk])
    assert desk.get(page).status_code == 200
    assert desk.post(page, {"action": "nothing"}).status_code == 403
    assert desk.get(reverse("admin:documents_auditentry_add")).status_code == 403
