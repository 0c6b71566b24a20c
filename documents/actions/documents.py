"""Making, naming and marking documents. Where they lie is `places.py`'s business."""

from django.db import transaction
from django.utils import timezone

from documents import log, merging, signals
from documents.actions import access, placing
from documents.actions.audit import record
from documents.actions.content import append_edit, locked_state, retitled
from documents.actions.workspaces import ensure_personal_workspace
from documents.errors import Conflict, Invalid
from documents.folding import fold
from documents.models import DerivedContent, Document, Favourite, Log, User, Visit, Workspace
from documents.models.document import TITLE_LENGTH
from documents.names import one_line
from documents.policy import Action


def create_document(
    *, by: User | None, workspace: Workspace | None = None, title: str = "", parent: Document | None = None
) -> Document:
    """Below `parent`, else at the root of `workspace`, else in the personal workspace of `by` (made when needed)."""
    title = checked_title(title)
    with transaction.atomic():
        if parent is not None:
            parent = access.lock_document(parent)
            if workspace is not None and workspace.pk != parent.workspace_id:
                raise Invalid("The parent is in another workspace.", fields={"parent": "It is in another workspace."})
            access.require(by, Action.EDIT, parent)
            workspace = parent.workspace
        else:
            if workspace is None:
                if by is None:
                    raise Invalid("Say in which workspace.", fields={"workspace": "Missing."})
                workspace = ensure_personal_workspace(by)
            workspace = access.lock_workspace(workspace.pk)
            access.require_in(by, Action.CREATE, workspace)
        placing.require_depth(parent)
        document = _make(by, workspace, parent, title, retitled(merging.EMPTY_UPDATE, title))
        document.position = placing.position_before(document, parent, None)
        document.save(update_fields=["position"])
        record("document.created", by=by, document=document, title=title)
        signals.announce_documents(workspace.pk, [document.pk], "created")
    return document


def rename_document(*, by: User | None, document: Document, title: str) -> Document:
    """An edit of the title in the document, which open editors merge; lists show it at once."""
    title = checked_title(title)
    with transaction.atomic():
        document = access.lock_document(document)
        access.require(by, Action.EDIT, document)
        old = document.title
        append_edit(by, document, retitled(locked_state(document), title))
        document.title, document.updated_at = title, timezone.now()
        document.save(update_fields=["title", "updated_at"])
        DerivedContent.objects.filter(document=document).update(folded_title=fold(title))
        record("document.renamed", by=by, document=document, old=old, new=title)
        signals.announce_documents(document.workspace_id, [document.pk], "renamed")
    return document


def duplicate_document(*, by: User | None, document: Document) -> Document:
    """A document of its own with the same content, just after the original, or in the personal workspace of one who
    may not create there. Neither what is below nor the shares are copied; a restricted document's copy is restricted.
    """
    with transaction.atomic():
        source = access.lock_document(document)
        access.require(by, Action.VIEW, source)
        if source.trashed_at is not None:
            raise Conflict("This document is in the trash. Restore it first.", code="trashed")
        state = locked_state(source)
        title = f"{source.title[: TITLE_LENGTH - 7] or 'Untitled'} (copy)"
        content = merging.merge([state, retitled(state, title)])
        workspace, parent = _home_of_copy(by, source)
        copy = _make(by, workspace, parent, title, content)
        beside = (workspace.pk, parent) == (source.workspace_id, source.parent)
        copy.position = placing.position_after(copy, source) if beside else placing.position_before(copy, parent, None)
        copy.save(update_fields=["position"])
        if not source.inherits and beside:
            with access.without_loss(by, copy):
                Document.objects.filter(pk=copy.pk).update(inherits=False)
            copy.inherits = False
        record("document.duplicated", by=by, document=copy, source=str(source.pk))
        signals.announce_documents(workspace.pk, [copy.pk], "created")
    return copy


def favourite(*, by: User, document: Document) -> None:
    with transaction.atomic():
        access.require(by, Action.VIEW, document)
        Favourite.objects.get_or_create(user=by, document=document)
        signals.announce_favourites(by.pk)


def unfavourite(*, by: User, document: Document) -> None:
    """Asks for no rights: a mark on what one may no longer see must come off too."""
    with transaction.atomic():
        Favourite.objects.filter(user=by, document=document).delete()
        signals.announce_favourites(by.pk)


def record_visit(*, by: User, document: Document) -> None:
    access.require(by, Action.VIEW, document)
    Visit.objects.update_or_create(user=by, document=document, defaults={"at": timezone.now()})


def checked_title(title: str) -> str:
    title = one_line(title)
    if len(title) > TITLE_LENGTH:
        message = f"A title has at most {TITLE_LENGTH} characters; this one has {len(title)}."
        raise Invalid(message, fields={"title": message})
    return title


def _make(by: User | None, workspace: Workspace, parent: Document | None, title: str, update: bytes) -> Document:
    document = Document.objects.create(workspace=workspace, parent=parent, title=title, created_by=by)
    Log.objects.create(document=document)
    DerivedContent.objects.create(document=document, folded_title=fold(title))
    if update != merging.EMPTY_UPDATE:  # nobody has it open yet, so that nobody need be told
        log.append(document.pk, [(by.pk if by else None, update)])
    return document


def _home_of_copy(by: User | None, source: Document) -> tuple[Workspace, Document | None]:
    if by is None or placing.may_create(by, source.workspace, source.parent):
        return source.workspace, source.parent
    return ensure_personal_workspace(by), None
