"""Documents and their place: make, find, rename, move, copy, trash; and one's own marks on them."""

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from documents import actions
from documents.api import schemas
from documents.api.authentication import signed_in
from documents.api.listing import FiltersInQuery, list_for, present_one
from documents.policy import Action, access_document, access_workspace

router = Router(tags=["documents"])


@router.get("/documents", response=schemas.Documents)
def list_documents(request: HttpRequest, filters: FiltersInQuery) -> schemas.Documents:
    """Documents you may see, flat: `parent` and `position` make a tree of them. A page holds 5000."""
    return list_for(signed_in(request), filters)


@router.post("/documents", response={201: schemas.Document})
def create_document(request: HttpRequest, payload: schemas.DocumentNew) -> Status[schemas.Document]:
    user = signed_in(request)
    parent = access_document(user, payload.parent, Action.VIEW) if payload.parent else None
    workspace = access_workspace(user, payload.workspace, Action.SEE) if payload.workspace else None
    made = actions.create_document(by=user, workspace=workspace, title=payload.title, parent=parent)
    return Status(201, present_one(user, made))


@router.get("/documents/{uuid:document_id}", response=schemas.Document)
def read_document(request: HttpRequest, document_id: UUID) -> schemas.Document:
    user = signed_in(request)
    return present_one(user, access_document(user, document_id, Action.VIEW))


@router.patch("/documents/{uuid:document_id}", response=schemas.Document)
def change_document(request: HttpRequest, document_id: UUID, payload: schemas.DocumentChange) -> schemas.Document:
    """Rename (an edit, which open editors see), or let it take the rights of what is above it, or no longer."""
    user = signed_in(request)
    document = access_document(user, document_id, Action.VIEW)
    with transaction.atomic():
        if payload.title is not None:
            actions.rename_document(by=user, document=document, title=payload.title)
        if payload.inherits is not None:
            actions.set_inherits(by=user, document=document, inherits=payload.inherits)
    return present_one(user, document)


@router.delete("/documents/{uuid:document_id}", response={204: None})
def delete_document(request: HttpRequest, document_id: UUID, purge: bool = False) -> Status[None]:
    """Put it, and what is below it, in the trash; with `purge=true` delete all of it for good."""
    user = signed_in(request)
    document = access_document(user, document_id, Action.VIEW)
    if purge:
        actions.purge_document(by=user, document=document)
    else:
        actions.trash_document(by=user, document=document)
    return Status(204, None)


@router.post("/trash/empty", response=schemas.Emptied)
def empty_trash(request: HttpRequest, payload: schemas.Emptying) -> schemas.Emptied:
    """Delete for good whatever of it you may delete, with what is below; the rest stays."""
    return schemas.Emptied(purged=actions.empty_trash(by=signed_in(request), until=payload.until))


@router.post("/documents/{uuid:document_id}/restore", response=schemas.Document)
def restore_document(request: HttpRequest, document_id: UUID) -> schemas.Document:
    user = signed_in(request)
    return present_one(
        user, actions.restore_document(by=user, document=access_document(user, document_id, Action.VIEW))
    )


@router.post("/documents/{uuid:document_id}/move", response=schemas.Document)
def move_document(request: HttpRequest, document_id: UUID, payload: schemas.Move) -> schemas.Document:
    """Below `parent` (null: the top of the workspace), standing before its child `before` (null: last)."""
    user = signed_in(request)
    document = access_document(user, document_id, Action.VIEW)
    parent = access_document(user, payload.parent, Action.VIEW) if payload.parent else None
    before = access_document(user, payload.before, Action.VIEW) if payload.before else None
    return present_one(user, actions.move_document(by=user, document=document, parent=parent, before=before))


@router.post("/documents/{uuid:document_id}/duplicate", response={201: schemas.Document})
def duplicate_document(request: HttpRequest, document_id: UUID) -> Status[schemas.Document]:
    user = signed_in(request)
    copy = actions.duplicate_document(by=user, document=access_document(user, document_id, Action.VIEW))
    return Status(201, present_one(user, copy))


@router.put("/documents/{uuid:document_id}/favourite", response={204: None})
def add_favourite(request: HttpRequest, document_id: UUID) -> Status[None]:
    user = signed_in(request)
    actions.favourite(by=user, document=access_document(user, document_id, Action.VIEW))
    return Status(204, None)


@router.delete("/documents/{uuid:document_id}/favourite", response={204: None})
def remove_favourite(request: HttpRequest, document_id: UUID) -> Status[None]:
    """Also from what you may no longer see."""
    user = signed_in(request)
    mark = user.favourites.select_related("document").filter(document=document_id).first()
    if mark is not None:
        actions.unfavourite(by=user, document=mark.document)
    return Status(204, None)


@router.post("/documents/{uuid:document_id}/visit", response={204: None})
def visit_document(request: HttpRequest, document_id: UUID) -> Status[None]:
    """Note that you opened it: the list of recent documents."""
    user = signed_in(request)
    actions.record_visit(by=user, document=access_document(user, document_id, Action.VIEW))
    return Status(204, None)
