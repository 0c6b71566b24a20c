"""Inviting people to a workspace by e-mail, and accepting."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from documents import actions
from documents.api import schemas
from documents.api.authentication import ADMINISTERING, EVERYDAY, signed_in
from documents.api.throttling import INVITATIONS, REQUESTS
from documents.errors import NotFound
from documents.models import Invitation, Role
from documents.models.sharing import INVITATION_LIFETIME
from documents.policy import Action, access_document, access_workspace

router = Router(tags=["invitations"], auth=ADMINISTERING)


@router.get("/workspaces/{uuid:workspace_id}/invitations", response=schemas.Invitations)
def list_invitations(request: HttpRequest, workspace_id: UUID) -> schemas.Invitations:
    """Those that can still be accepted, newest first."""
    workspace = access_workspace(signed_in(request), workspace_id, Action.INVITE)
    return schemas.Invitations(items=pending(workspace.invitations.filter(document=None)))


@router.post(
    "/workspaces/{uuid:workspace_id}/invitations",
    response={201: schemas.Invitation},
    throttle=[REQUESTS, INVITATIONS],
)
def invite_member(
    request: HttpRequest, workspace_id: UUID, payload: schemas.InvitationNew
) -> Status[schemas.Invitation]:
    user = signed_in(request)
    workspace = access_workspace(user, workspace_id, Action.INVITE)
    invitation = actions.invite_member(by=user, workspace=workspace, email=payload.email, role=payload.role)
    return Status(201, present(invitation))


@router.delete("/workspaces/{uuid:workspace_id}/invitations/{uuid:invitation_id}", response={204: None})
def revoke_invitation(request: HttpRequest, workspace_id: UUID, invitation_id: UUID) -> Status[None]:
    """Also of an invitation to a single document of this workspace, by whoever may share that."""
    user = signed_in(request)
    invitation = Invitation.objects.filter(pk=invitation_id, workspace=workspace_id).first()
    if invitation is not None and invitation.document_id is not None:
        access_document(user, invitation.document_id, Action.VIEW)  # they may know no more of the workspace than this
    else:
        access_workspace(user, workspace_id, Action.SEE)
    if invitation is None:
        raise NotFound("There is no such invitation.")
    actions.revoke_invitation(by=user, invitation=invitation)
    return Status(204, None)


@router.post("/invitations/{str:token}/accept", response=schemas.InvitationAccepted, auth=EVERYDAY)
def accept_invitation(request: HttpRequest, token: str) -> schemas.InvitationAccepted:
    invitation = actions.accept_invitation(by=signed_in(request), token=token)
    return schemas.InvitationAccepted(workspace=invitation.workspace_id, document=invitation.document_id)


def pending(invitations: QuerySet[Invitation]) -> list[schemas.Invitation]:
    """Those of `invitations` that can still be accepted: `Invitation.is_pending`, for a list."""
    since = timezone.now() - INVITATION_LIFETIME
    waiting = invitations.filter(accepted_at=None, revoked_at=None, created_at__gt=since)
    return [present(invitation) for invitation in waiting.select_related("invited_by")]


def present(invitation: Invitation) -> schemas.Invitation:
    inviter = invitation.invited_by
    return schemas.Invitation(
        id=invitation.pk,
        email=invitation.email,
        role=Role(invitation.role),
        created_at=invitation.created_at,
        invited_by=None if inviter is None else schemas.Person(id=inviter.pk, name=inviter.name),
        document=invitation.document_id,
    )
