"""Tokens by which programs act as you."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Status

from documents import actions
from documents.api import schemas
from documents.api.authentication import ADMINISTERING, signed_in
from documents.errors import NotFound
from documents.models import AccessToken

router = Router(tags=["tokens"], auth=ADMINISTERING)


@router.get("/tokens", response=schemas.Tokens)
def list_tokens(request: HttpRequest) -> dict[str, QuerySet[AccessToken]]:
    """Yours that were not revoked, newest first."""
    return {"items": signed_in(request).tokens.filter(revoked_at=None)}


@router.post("/tokens", response={201: schemas.TokenMade})
def create_token(request: HttpRequest, payload: schemas.TokenNew) -> Status[schemas.TokenMade]:
    user = signed_in(request)
    made, token = actions.create_token(by=user, user=user, **payload.model_dump())
    shown = schemas.Token.model_validate(made).model_dump()
    return Status(201, schemas.TokenMade(**shown, token=token))


@router.delete("/tokens/{uuid:token_id}", response={204: None})
def revoke_token(request: HttpRequest, token_id: UUID) -> Status[None]:
    user = signed_in(request)
    found = user.tokens.filter(pk=token_id, revoked_at=None).first()
    if found is None:
        raise NotFound("You have no such token.")
    actions.revoke_token(by=user, token=found)
    return Status(204, None)
