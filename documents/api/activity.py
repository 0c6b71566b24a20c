"""What happened in a workspace, for those who administer it: a part of the audit log."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from documents.api import schemas
from documents.api.authentication import ADMINISTERING, signed_in
from documents.models import AuditEntry, Document, User
from documents.policy import Action, access_workspace

router = Router(tags=["workspaces"], auth=ADMINISTERING)

# Where somebody sat when they did it is between them and the operator.
PRIVATE = frozenset({"address", "browser"})


@router.get("/workspaces/{uuid:workspace_id}/activity", response=schemas.Activities)
def list_activity(
    request: HttpRequest,
    workspace_id: UUID,
    cursor: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> schemas.Activities:
    """Who did what, newest first: rights, shares, exports, documents, members. For owners and admins."""
    workspace = access_workspace(signed_in(request), workspace_id, Action.ADMINISTER)
    entries = AuditEntry.objects.filter(workspace=workspace).select_related("actor", "user", "document")
    if cursor is not None:
        entries = entries.filter(pk__lt=cursor)
    # By id, which rises with time: a page is found by the index, however long the log is.
    found = list(entries.order_by("-pk")[: limit + 1])
    following = str(found[limit - 1].pk) if len(found) > limit else None
    return schemas.Activities(items=[_present(entry) for entry in found[:limit]], next=following)


def _present(entry: AuditEntry) -> schemas.Activity:
    return schemas.Activity(
        id=entry.pk,
        at=entry.at,
        action=entry.action,
        actor=_person(entry.actor),
        user=_person(entry.user),
        document=_document(entry.document),
        details={name: value for name, value in entry.details.items() if name not in PRIVATE},
    )


def _person(user: User | None) -> schemas.Person | None:
    return None if user is None else schemas.Person(id=user.pk, name=user.name)


def _document(document: Document | None) -> schemas.ActivityDocument | None:
    return None if document is None else schemas.ActivityDocument(id=document.pk, title=document.title)
