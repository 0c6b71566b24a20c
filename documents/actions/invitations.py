"""Inviting people by e-mail, to a workspace or to one document of it.

Whoever is signed in with the invited address, verified, is the one invited; holding the link is not enough. A link in
a forwarded mail would let anybody in, in the name of an inviter who chose somebody else. So the link only leads to the
page that says which address to sign in with, and every sign-in takes up what waits for that person's addresses.
"""

from typing import Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from documents import policy, signals
from documents.actions import access
from documents.actions.audit import record
from documents.actions.notifications import notify
from documents.errors import Conflict, Forbidden, Invalid, NotFound
from documents.models import Document, DocumentShare, Invitation, Membership, Role, User, Workspace
from documents.policy import Action

GONE: Final = "This invitation is not valid any more. Ask the person who sent it for a new one."


def invite_member(*, by: User | None, workspace: Workspace, email: str, role: Role) -> Invitation:
    with transaction.atomic():
        workspace = access.lock_workspace(workspace.pk)
        access.require_in(by, Action.INVITE, workspace)
        access.require_grantable(by, policy.role_in(by, workspace) if by else None, role)
        if role is Role.OWNER and workspace.personal_owner_id is not None:
            raise Conflict("A personal workspace has one owner. Make another workspace to own together.")
        return invite(by, workspace, email, role)


def invite(
    by: User | None, workspace: Workspace, email: str, role: Role, *, document: Document | None = None
) -> Invitation:
    """For actions that checked already. Inviting an address anew replaces what was pending, and mails it again."""
    email = _checked(email)
    if document is None and Membership.objects.filter(workspace=workspace, user__in=_holders(email)).exists():
        raise Conflict(f"{email} is a member already. Change their role instead.", code="member")
    pending = Invitation.objects.filter(
        workspace=workspace, document=document, email=email, accepted_at=None, revoked_at=None
    )
    for old in pending:
        if old.is_pending and by is not None:
            own = policy.role_on(by, document) if document else policy.role_in(by, workspace)
            access.require_grantable(by, own, Role(old.role))
    pending.update(revoked_at=timezone.now())
    invitation = Invitation.objects.create(
        workspace=workspace, document=document, email=email, role=role, invited_by=by
    )
    record("invitation.sent", by=by, workspace=workspace, document=document, email=email, role=role.value)
    for holder in User.objects.filter(pk__in=_holders(email), is_active=True):
        _tell_invited(holder, invitation)
    # Robust: the invitation stands even when the mail server doesn't; the log says so, and it can be sent anew.
    transaction.on_commit(lambda: _mail(invitation), robust=True)
    return invitation


def revoke_invitation(*, by: User | None, invitation: Invitation) -> None:
    with transaction.atomic():
        workspace = access.lock_workspace(invitation.workspace_id)
        if invitation.document is not None:
            access.require(by, Action.SHARE, invitation.document)
            own = policy.role_on(by, invitation.document) if by else None
        else:
            access.require_in(by, Action.INVITE, workspace)
            own = policy.role_in(by, workspace) if by else None
        access.require_grantable(by, own, Role(invitation.role))
        invitation.refresh_from_db()
        if invitation.accepted_at is not None:
            raise Conflict("This invitation was accepted already. Remove the person instead.")
        if invitation.revoked_at is None:
            invitation.revoked_at = timezone.now()
            invitation.save(update_fields=["revoked_at"])
            record(
                "invitation.revoked",
                by=by,
                workspace=workspace,
                document=invitation.document,
                email=invitation.email,
            )


def accept_invitation(*, by: User, token: str) -> Invitation:
    """Raises Forbidden for a person without the invited address. Accepting twice is no error."""
    with transaction.atomic():
        invitation = Invitation.objects.filter(token=token).first()
        if invitation is None:
            raise NotFound(GONE)
        workspace = access.lock_workspace(invitation.workspace_id)
        invitation = Invitation.objects.select_related("document").get(pk=invitation.pk)
        if invitation.email not in _addresses(by):
            raise Forbidden(
                f"This invitation is for {invitation.email}. Sign in with that address, or add it to your account and "
                "verify it, then open the link again.",
                code="other_address",
            )
        if invitation.accepted_at is not None:
            return invitation
        if not invitation.is_pending:
            raise NotFound(GONE)
        if workspace.suspended_at is not None:
            raise Forbidden("This workspace is suspended. Try again when it is back.", code="suspended")
        _accept(by, workspace, invitation)
    return invitation


def accept_pending_invitations(user: User) -> None:
    """All that waits for this person's verified addresses: called at sign-in, and when an address is verified."""
    waiting = Invitation.objects.filter(
        email__in=_addresses(user), accepted_at=None, revoked_at=None, workspace__suspended_at=None
    )
    for token in waiting.order_by("created_at").values_list("token", flat=True):
        try:
            accept_invitation(by=user, token=token)
        except (NotFound, Forbidden):
            continue  # expired, or revoked or suspended meanwhile


def revoke_granted_by(user: User, workspace: Workspace, *, above: Role | None) -> None:
    """What somebody promised goes with the rights to promise it; else they could let themselves in again."""
    sent = Invitation.objects.filter(workspace=workspace, invited_by=user, accepted_at=None, revoked_at=None)
    if above is not None:
        kept = [role for role in Role if role.rank <= above.rank]
        may_invite = policy.permits(above, Action.INVITE)
        sent = sent.exclude(role__in=kept) if may_invite else sent.exclude(role__in=kept, document__isnull=False)
    sent.update(revoked_at=timezone.now())


def revoke_sent_to(user: User, workspace: Workspace) -> None:
    waiting = Invitation.objects.filter(workspace=workspace, email__in=_addresses(user), accepted_at=None)
    waiting.filter(revoked_at=None).update(revoked_at=timezone.now())


def _accept(user: User, workspace: Workspace, invitation: Invitation) -> None:
    """Never lowers a role that the person has by now."""
    role = Role(invitation.role)
    document = invitation.document
    if document is not None:
        share, _ = DocumentShare.objects.get_or_create(document=document, user=user, defaults={"role": role})
        if Role(share.role).rank < role.rank:
            DocumentShare.objects.filter(pk=share.pk).update(role=role)
        ids = access.bump_subtree(document)
        signals.announce_access(document_ids=ids, user_ids=[user.pk])
        signals.announce_documents(workspace.pk, ids, "shared")
    else:
        membership, _ = Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": role})
        if Role(membership.role).rank < role.rank:
            Membership.objects.filter(pk=membership.pk).update(role=role)
        access.bump_workspace(workspace)
        signals.announce_access(document_ids=None, user_ids=[user.pk])
        signals.announce_memberships(workspace.pk, [user.pk])
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    _tell_inviter(user, invitation)
    record("invitation.accepted", by=user, workspace=workspace, document=document, user=user, role=role.value)


def _tell_invited(user: User, invitation: Invitation) -> None:
    """Who has an account and is signed in sees it at once; the mail says the same to everybody."""
    inviter, role = invitation.invited_by, Role(invitation.role)
    notify(
        user=user,
        title=f"{inviter.name if inviter else 'An operator'} invites you to {invitation.workspace}",
        body=f"You would be {role.with_article} there. Open this to accept.",
        url=f"/invitations/{invitation.token}/",
        actor=inviter,
    )


def _tell_inviter(user: User, invitation: Invitation) -> None:
    inviter = invitation.invited_by
    if inviter is None or inviter == user or not inviter.is_active:
        return
    place = f"“{invitation.document}”" if invitation.document else str(invitation.workspace)
    where = "" if invitation.document else f"/w/{invitation.workspace_id}"
    notify(user=inviter, title=f"{user.name} joined {place}", url=where, document=invitation.document, actor=user)


def _mail(invitation: Invitation) -> None:
    context = {
        "invitation": invitation,
        "inviter": invitation.invited_by,
        "place": invitation.document or invitation.workspace,
        "link": f"{settings.SITE_URL.rstrip('/')}/invitations/{invitation.token}/",
    }
    subject = " ".join(render_to_string("email/invitation_subject.txt", context).split())
    send_mail(
        subject,
        render_to_string("email/invitation_message.txt", context),
        None,
        [invitation.email],
        html_message=render_to_string("email/invitation_message.html", context),
    )


def _checked(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as fault:
        message = "This is no e-mail address. Write it like ben@example.com."
        raise Invalid(message, fields={"email": message}) from fault
    return email


def _addresses(user: User) -> list[str]:
    return list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))


def _holders(email: str) -> list[int]:
    return list(EmailAddress.objects.filter(email=email, verified=True).values_list("user", flat=True))
