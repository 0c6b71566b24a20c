"""Invitations that wait, or came to an end."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from documents import actions
from documents.admin.operating import ReadOnlyAdmin, each
from documents.errors import Conflict
from documents.models import Invitation, Role


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin[Invitation]):
    list_display = ["email", "role", "workspace", "document", "invited_by", "created_at", "state"]
    list_filter = ["role", ("accepted_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["workspace", "document", "invited_by"]
    search_fields = ["email", "workspace__name"]
    search_help_text = "E-mail address or workspace"
    fields = ["email", "role", "workspace", "document", "invited_by", "created_at", "accepted_at", "revoked_at"]
    actions = ["resend", "revoke"]

    @admin.display
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at:
            return "accepted"
        if invitation.revoked_at:
            return "revoked"
        return "waiting" if invitation.is_pending else "expired"

    @admin.action(description="Send again", permissions=["operate"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        each(request, _whole(queryset), _send_again, "Sent {count} invitation{s} again.")

    @admin.action(description="Revoke", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        each(
            request,
            _whole(queryset),
            lambda invitation: actions.revoke_invitation(by=None, invitation=invitation),
            "Revoked {count} invitation{s}.",
        )


def _whole(invitations: QuerySet[Invitation]) -> QuerySet[Invitation]:
    return invitations.select_related("workspace", "document__workspace")


def _send_again(invitation: Invitation) -> None:
    """A new invitation takes the place of the old one, whose link ends."""
    if invitation.accepted_at or invitation.revoked_at:
        raise Conflict("It was accepted or revoked: there is nothing to send again.")
    role = Role(invitation.role)
    if invitation.document is not None:
        actions.share_document(by=None, document=invitation.document, user_or_email=invitation.email, role=role)
    else:
        actions.invite_member(by=None, workspace=invitation.workspace, email=invitation.email, role=role)
