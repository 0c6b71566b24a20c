"""You, and the people you work with."""

from typing import Annotated
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Query, Router

from documents import actions, policy
from documents.api import schemas
from documents.api.authentication import signed_in
from documents.api.workspaces import present_workspaces
from documents.models import User

router = Router(tags=["people"])

USERS_AT_ONCE = 50


@router.get("/me", response=schemas.Me)
def read_me(request: HttpRequest) -> schemas.Me:
    """Who you are, and your workspaces. An account made in the shell gets its personal one here."""
    return _present(request)


@router.patch("/me", response=schemas.Me)
def change_me(request: HttpRequest, payload: schemas.MeChange) -> schemas.Me:
    """Your name and colour, as others see them."""
    user = signed_in(request)
    actions.change_profile(by=user, user=user, name=payload.name, color=payload.color)
    return _present(request)


@router.get("/users", response=schemas.Users)
def list_users(
    request: HttpRequest, q: Annotated[str, Query(max_length=100)] = "", workspace: UUID | None = None
) -> dict[str, QuerySet[User]]:
    """People you share a workspace with, for mentioning and inviting: at most 50, whose name or address holds `q`."""
    user = signed_in(request)
    found = policy.people_known_to(user).order_by("name", "pk")
    if workspace is not None:
        policy.access_workspace(user, workspace, policy.Action.SEE)
        found = found.filter(memberships__workspace=workspace)
    if q := q.replace("\0", ""):  # PostgreSQL takes none
        found = found.filter(Q(name__icontains=q) | Q(email__icontains=q))
    return {"items": found[:USERS_AT_ONCE]}


def _present(request: HttpRequest) -> schemas.Me:
    user = signed_in(request)
    actions.ensure_personal_workspace(user)
    shown = schemas.User.model_validate(user)
    return schemas.Me(user=shown, workspaces=present_workspaces(user), csrf=get_token(request))
