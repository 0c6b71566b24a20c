"""Workspaces, and who belongs to them."""

from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from ninja import Router, Status

from documents import actions, policy
from documents.api import schemas
from documents.api.authentication import ADMINISTERING, signed_in
from documents.errors import NotFound
from documents.models import Membership, Role, User, Workspace
from documents.policy import Action, access_workspace

router = Router(tags=["workspaces"], auth=ADMINISTERING)


@router.post("/workspaces", response={201: schemas.Workspace})
def create_workspace(request: HttpRequest, payload: schemas.WorkspaceNew) -> Status[schemas.Workspace]:
    user = signed_in(request)
    return Status(201, present_workspace(user, actions.create_workspace(by=user, name=payload.name)))


@router.get("/workspaces/{uuid:workspace_id}", response=schemas.Workspace)
def read_workspace(request: HttpRequest, workspace_id: UUID) -> schemas.Workspace:
    user = signed_in(request)
    return present_workspace(user, access_workspace(user, workspace_id, Action.SEE))


@router.patch("/workspaces/{uuid:workspace_id}", response=schemas.Workspace)
def rename_workspace(request: HttpRequest, workspace_id: UUID, payload: schemas.WorkspaceNew) -> schemas.Workspace:
    user = signed_in(request)
    workspace = access_workspace(user, workspace_id, Action.SEE)
    actions.rename_workspace(by=user, workspace=workspace, name=payload.name)
    return present_workspace(user, workspace)


@router.delete("/workspaces/{uuid:workspace_id}", response={204: None})
def delete_workspace(request: HttpRequest, workspace_id: UUID) -> Status[None]:
    """For good, with all its documents, whoever has them open. Its owners may; a personal workspace stays."""
    user = signed_in(request)
    actions.delete_workspace(by=user, workspace=access_workspace(user, workspace_id, Action.SEE))
    return Status(204, None)


@router.get("/workspaces/{uuid:workspace_id}/members", response=schemas.Members)
def list_members(request: HttpRequest, workspace_id: UUID) -> schemas.Members:
    """Highest roles first, then by name."""
    workspace = access_workspace(signed_in(request), workspace_id, Action.SEE)
    members = workspace.memberships.select_related("user").filter(user__is_active=True)
    highest_first = sorted(members, key=lambda member: (-Role(member.role).rank, member.user.name.lower()))
    return schemas.Members(items=[_present_member(member) for member in highest_first])


@router.put("/workspaces/{uuid:workspace_id}/members/{int:user_id}", response=schemas.Member)
def change_member(
    request: HttpRequest, workspace_id: UUID, user_id: int, payload: schemas.RoleChange
) -> schemas.Member:
    user = signed_in(request)
    workspace = access_workspace(user, workspace_id, Action.SEE)
    member = _member(workspace, user_id)
    actions.change_role(by=user, workspace=workspace, user=member.user, role=payload.role)
    return _present_member(_member(workspace, user_id))


@router.delete("/workspaces/{uuid:workspace_id}/members/{int:user_id}", response={204: None})
def remove_member(request: HttpRequest, workspace_id: UUID, user_id: int) -> Status[None]:
    """Their open documents close within a second."""
    user = signed_in(request)
    workspace = access_workspace(user, workspace_id, Action.SEE)
    actions.remove_member(by=user, workspace=workspace, user=_member(workspace, user_id).user)
    return Status(204, None)


@router.post("/workspaces/{uuid:workspace_id}/leave", response={204: None})
def leave_workspace(request: HttpRequest, workspace_id: UUID) -> Status[None]:
    user = signed_in(request)
    actions.leave_workspace(by=user, workspace=access_workspace(user, workspace_id, Action.SEE))
    return Status(204, None)


def present_workspaces(user: User) -> list[schemas.Workspace]:
    """All of this person's, the personal one first."""
    mine = _present(user, policy.workspaces_of(user))
    return sorted(mine, key=lambda workspace: (not workspace.personal, workspace.name.lower(), workspace.id))


def present_workspace(user: User, workspace: Workspace) -> schemas.Workspace:
    return _present(user, policy.workspaces_of(user).filter(pk=workspace.pk))[0]


def _present(user: User, workspaces: QuerySet[Workspace]) -> list[schemas.Workspace]:
    members = Membership.objects.filter(workspace__in=workspaces.values("pk"))
    active = members.filter(user__is_active=True).values_list("workspace").annotate(Count("pk"))
    counts = dict(active)
    return [
        schemas.Workspace(
            id=mine.workspace.pk,
            name=mine.workspace.name,
            personal=mine.workspace.personal_owner_id is not None,
            role=Role(mine.role),
            suspended=mine.workspace.suspended_at is not None,
            member_count=counts.get(mine.workspace_id, 0),
        )
        for mine in members.filter(user=user).select_related("workspace")
    ]


def _member(workspace: Workspace, user_id: int) -> Membership:
    found = workspace.memberships.select_related("user").filter(user__pk=user_id).first()
    if found is None:
        raise NotFound("There is no such member.")
    return found


def _present_member(member: Membership) -> schemas.Member:
    return schemas.Member(user=schemas.User.model_validate(member.user), role=Role(member.role))
