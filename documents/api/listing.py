"""Lists of documents as one person sees them, in a number of queries that does not grow with the list."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from django.db.models import F, FilteredRelation, Q, QuerySet
from ninja import Query, Schema
from pydantic import Field

from documents import policy, searching
from documents.api import schemas
from documents.api.paging import Order, number, time
from documents.errors import NotFound
from documents.models import Document, Favourite, User

# Above this a tree comes in pages. Nearly every workspace is below, and its sidebar is one request.
PAGE = 5000

IN_THE_TREE = Order({"position": number})
LAST_CHANGED = Order({"updated_at": time}, falling=True)
BEST_FOUND = Order({"named": number, "updated_at": time}, falling=True)
LAST_VISITED = Order({"visited_at": time}, falling=True)
LAST_TRASHED = Order({"trashed_at": time}, falling=True)


class Filters(Schema):
    """Each narrows the list further; without any: all that you may see and that isn't in the trash."""

    workspace: UUID | None = None
    parent: UUID | None = Field(None, description="Only what lies directly in this document.")
    trashed: bool = Field(False, description="What lies in the trash and you may restore, last trashed first.")
    favourite: bool = False
    recent: bool = Field(False, description="What you opened, last opened first.")
    shared: bool = Field(False, description="What was shared with you by itself, apart from memberships.")
    q: str = Field(
        "",
        max_length=200,
        description="Words that title and text together must hold, whatever their order, case and accents; "
        "within quotes, as they stand. Titles that hold all of them come first.",
    )
    cursor: str | None = Field(None, max_length=500)
    limit: int = Field(PAGE, ge=1, le=PAGE)


FiltersInQuery = Annotated[Filters, Query()]


def list_for(user: User, filters: Filters) -> schemas.Documents:
    rows, order = _found(user, filters)
    page, cursor = order.page(rows, filters.cursor, filters.limit)
    excerpts = searching.excerpts([row.pk for row in page], filters.q) if filters.q else {}
    return schemas.Documents(items=present(user, page), next=cursor, excerpts=excerpts)


def present_one(user: User, document: Document) -> schemas.Document:
    """As this person sees it now, after whatever an action did to it, or to their rights on it."""
    shown = present(user, Document.objects.filter(pk=document.pk))
    if not shown:
        raise NotFound("This document is gone, or no longer shared with you.")
    return shown[0]


def present(user: User, documents: Iterable[Document]) -> list[schemas.Document]:
    """`documents`, each with what is true of it for this person alone."""
    documents = list(documents)
    keys = [document.pk for document in documents]
    roles = policy.roles_on(user, documents)
    favourites = set(Favourite.objects.filter(user=user, document__in=keys).values_list("document_id", flat=True))
    made_by = User.objects.filter(pk__in={document.created_by_id for document in documents}).values_list("pk", "name")
    authors = {key: schemas.Person(id=key, name=name) for key, name in made_by}
    seen = policy.visible_to(user)
    children = seen.filter(parent__in=keys, trashed_at=None)
    with_children = set(children.values_list("parent_id", flat=True).distinct())
    # Somebody whom one document is shared with isn't told what it lies in.
    elsewhere = {document.parent_id for document in documents if document.parent_id} - set(keys)
    parents = {*keys, *seen.filter(pk__in=elsewhere).values_list("pk", flat=True)}
    return [
        schemas.Document(
            id=document.pk,
            title=document.title,
            workspace=document.workspace_id,
            parent=document.parent_id if document.parent_id in parents else None,
            position=document.position,
            role=roles[document.pk],
            inherits=document.inherits,
            favourite=document.pk in favourites,
            trashed_at=document.trashed_at,
            created_at=document.created_at,
            updated_at=document.updated_at,
            created_by=authors.get(document.created_by_id) if document.created_by_id else None,
            word_count=document.word_count,
            has_children=document.pk in with_children,
        )
        for document in documents
        if document.pk in roles  # rights may go between the list's query and this one
    ]


def _found(user: User, filters: Filters) -> tuple[QuerySet[Document], Order]:
    rows = policy.visible_to(user).filter(trashed_at__isnull=not filters.trashed)
    order = IN_THE_TREE
    if filters.workspace is not None:
        rows = rows.filter(workspace=filters.workspace)
    if filters.parent is not None:
        rows = rows.filter(parent=filters.parent)
    if filters.q:
        rows, order = searching.holding(rows, filters.q), BEST_FOUND
    if filters.favourite:
        rows, order = rows.filter(favourites__user=user), LAST_CHANGED
    if filters.shared:
        rows, order = rows.filter(shares__user=user), LAST_CHANGED
    if filters.recent:
        rows = rows.alias(visit=FilteredRelation("visits", condition=Q(visits__user=user))).filter(visit__user=user)
        rows, order = rows.annotate(visited_at=F("visit__at")), LAST_VISITED
    if filters.trashed:
        # What went along with an ancestor comes back with it, so that only the ancestor is listed.
        rows, order = rows.filter(trashed_with=None), LAST_TRASHED
    return rows, order
