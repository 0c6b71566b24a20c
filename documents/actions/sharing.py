"""Sharing single documents, above or instead of the workspace's rights."""

from allauth.account.models import EmailAddress
from django.db import transaction

from documents import policy, signals
from documents.actions import access, invitations
from documents.actions.audit import record
from documents.actions.notifications import notify
from documents.errors import Conflict, Invalid
from documents.models import Document, DocumentShare, Invitation, Role, User
from documents.policy import Action

MAY = {
    Role.ADMIN: "You may edit it and decide who else may.",
    Role.EDITOR: "You may edit it.",
    Role.COMMENTER: "You may read it and comment on it.",
    Role.READER: "You may read it.",
}
NOT_SHARED = "This document isn't shared with this person by itself. Their rights, if any, come from above it."


def share_document(
    *, by: User | None, document: Document, user_or_email: User | str, role: Role
) -> DocumentShare | Invitation:
    """Give a person this role here and below, or change the one given before. Who has no account yet is invited.

    An address counts as somebody's only once verified: else one could sign up with another's and collect their shares.
    """
    if role is Role.OWNER:
        message = "Documents have no owners of their own. Share it as an admin, editor, commenter or reader."
        raise Invalid(message, fields={"role": message})
    with transaction.atomic():
        document = access.lock_document(document)
        access.require(by, Action.SHARE, document)
        own = policy.role_on(by, document) if by else None
        access.require_grantable(by, own, role)
        user = user_or_email if isinstance(user_or_email, User) else _user_with(user_or_email)
        if user is None:
            assert isinstance(user_or_email, str)
            return invitations.invite(by, document.workspace, user_or_email, role, document=document)
        if not user.is_active:
            raise Conflict("This account is deactivated. Ask an operator to reactivate it first.")
        share = DocumentShare.objects.filter(document=document, user=user).first()
        if share is not None:
            access.require_grantable(by, own, Role(share.role))
        share, new = DocumentShare.objects.update_or_create(document=document, user=user, defaults={"role": role})
        record("document.shared", by=by, document=document, user=user, role=role.value)
        if new and user != by:
            notify_of_share(by, document, user, role)
        _rights_changed(document, user)
    return share


def notify_of_share(by: User | None, document: Document, user: User, role: Role) -> None:
    who = by.name if by else "An operator"
    notify(user=user, title=f"{who} shared “{document}” with you", body=MAY[role], document=document, actor=by)


def unshare_document(*, by: User | None, document: Document, user: User) -> None:
    """Take back what was shared with a person. Everybody may give up what was shared with them."""
    with transaction.atomic():
        document = access.lock_document(document)
        access.require(by, Action.VIEW if by == user else Action.SHARE, document)
        share = DocumentShare.objects.filter(document=document, user=user).first()
        if share is None:
            raise Conflict(NOT_SHARED)
        if by is not None and by != user:
            access.require_grantable(by, policy.role_on(by, document), Role(share.role))
        share.delete()
        record("document.unshared", by=by, document=document, user=user, role=share.role)
        _rights_changed(document, user)


def set_inherits(*, by: User | None, document: Document, inherits: bool) -> Document:
    """False: only those it is shared with, and the workspace's owners and admins. Who says so keeps their rights."""
    with transaction.atomic():
        document = access.lock_document(document)
        access.require(by, Action.SHARE, document)
        if document.inherits == inherits:
            return document
        with access.without_loss(by, document), access.without_gain(by, document):
            document.inherits = inherits
            document.save(update_fields=["inherits"])
        record("document.inherits" if inherits else "document.restricted", by=by, document=document)
        ids = access.bump_subtree(document)
        signals.announce_access(document_ids=ids, user_ids=None)
        signals.announce_documents(document.workspace_id, ids, "shared")
    return document


def _user_with(email: str) -> User | None:
    address = EmailAddress.objects.filter(email=email.strip().lower(), verified=True).select_related("user").first()
    return address.user if address else None


def _rights_changed(document: Document, user: User) -> None:
    ids = access.bump_subtree(document)
    signals.announce_access(document_ids=ids, user_ids=[user.pk])
    signals.announce_documents(document.workspace_id, ids, "shared")
