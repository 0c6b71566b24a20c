"""Moving documents: within the tree, into the trash and out of it, to another workspace, and away for good.

All of these take along what is below, and all wait for each other on the workspace's lock.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from documents import policy, signals, tree
from documents.actions import access, placing
from documents.actions.audit import record
from documents.errors import Conflict, Forbidden, Invalid, NotFound
from documents.models import Document, DocumentShare, Invitation, User, Workspace
from documents.policy import Action


def move_document(
    *, by: User | None, document: Document, parent: Document | None, before: Document | None = None
) -> Document:
    """Below `parent` (None: the workspace's root), before that sibling (None: last)."""
    with transaction.atomic():
        document = access.lock_document(document)
        access.require(by, Action.MANAGE, document)
        _require_untrashed(document)
        if parent is not None:
            parent = access.fresh(parent)
            if parent.workspace_id != document.workspace_id:
                raise Invalid(
                    "That place is in another workspace. Transfer the document there instead.",
                    fields={"parent": "It is in another workspace."},
                )
            access.require(by, Action.EDIT, parent)
        else:
            access.require_in(by, Action.CREATE, document.workspace)
        placing.require_no_cycle(document, parent)
        below = tree.subtree(document.pk)
        placing.require_depth(parent, max(below.values()) + 1)
        old_parent = document.parent_id
        with access.without_gain(by, document):
            document.position = placing.position_before(document, parent, before)
            document.parent = parent
            document.save(update_fields=["parent", "position"])
        if document.parent_id != old_parent:
            access.bump(below)
            signals.announce_access(document_ids=below, user_ids=None)
            new = str(document.parent_id) if document.parent_id else None
            record("document.moved", by=by, document=document, old=str(old_parent) if old_parent else None, new=new)
        signals.announce_documents(document.workspace_id, [document.pk], "moved")
    return document


def trash_document(*, by: User | None, document: Document) -> Document:
    """With all below it that isn't in the trash already. Trashing twice is no error."""
    with transaction.atomic():
        document = access.lock_document(document)
        access.require(by, Action.MANAGE, document)
        if document.trashed_at is not None:
            return document
        document.trashed_at, document.trashed_by = timezone.now(), by
        document.save(update_fields=["trashed_at", "trashed_by"])
        below = Document.objects.filter(pk__in=tree.subtree(document.pk), trashed_at=None)
        along = list(below.values_list("pk", flat=True))
        below.update(trashed_at=document.trashed_at, trashed_by=by, trashed_with=document)
        record("document.trashed", by=by, document=document, title=document.title, along=len(along))
        _rights_changed(document.workspace_id, [document.pk, *along], "trashed")
    return document


def restore_document(*, by: User | None, document: Document) -> Document:
    """With what was trashed along with it. While its parent is in the trash or gone, it comes back at the root, where
    what was hidden above it stays hidden.
    """
    with transaction.atomic():
        document = access.lock_document(document)
        access.require(by, Action.MANAGE, document)
        if document.trashed_at is None:
            return document
        root = document.trashed_with_id or document.pk
        chosen = Q(pk=document.pk) | Q(pk__in=tree.subtree(document.pk), trashed_with=root)
        back = list(Document.objects.filter(chosen).values_list("pk", flat=True))
        with access.without_loss(by, document), access.without_gain(by, document):
            if document.parent is not None and document.parent.trashed_at is not None:
                document.inherits = all(inherits for _, inherits in tree.path_up(document.pk))
                document.parent = None
                document.position = placing.position_before(document, None, None)
            document.trashed_at = document.trashed_by = document.trashed_with = None
            document.save()
        along = Document.objects.filter(pk__in=back).exclude(pk=document.pk)
        along.update(trashed_at=None, trashed_by=None, trashed_with=None)
        record("document.restored", by=by, document=document)
        _rights_changed(document.workspace_id, back, "restored")
    return document


def purge_document(*, by: User | None, document: Document) -> None:
    """Delete it for good, with its history and all below it."""
    with transaction.atomic():
        document = access.lock_document(document)
        access.require(by, Action.PURGE, document)
        below = Document.objects.filter(pk__in=tree.subtree(document.pk))
        access.require_whole(by, Action.PURGE, below)
        ids = list(below.values_list("pk", flat=True))
        record(
            "document.purged",
            by=by,
            workspace=document.workspace,
            document_id=str(document.pk),
            title=document.title,
            count=len(ids),
        )
        _rights_changed(document.workspace_id, ids, "purged")
        # By themselves: once it is gone, nobody knows any more with whom it was shared.
        if guests := set(DocumentShare.objects.filter(document__in=ids).values_list("user", flat=True)):
            signals.announce_access(document_ids=ids, user_ids=guests)
        below.delete()


def empty_trash(*, by: User, until: datetime) -> int:
    """Purge what lay in it at that moment, as far as this person may; how many went. What is refused stays.

    Each in a transaction of its own: hundreds of them would keep a workspace waiting for minutes.
    """
    lying = policy.visible_to(by).filter(trashed_at__lte=until, trashed_with=None).select_related("workspace")
    documents = list(lying.order_by("trashed_at", "pk"))
    roles = policy.roles_on(by, documents)
    purged = 0
    for document in documents:
        if not policy.permits(roles.get(document.pk), Action.PURGE, trashed=True):
            continue
        try:
            with transaction.atomic():
                document = access.lock_document(document)
                if document.trashed_at is None or document.trashed_at > until:
                    continue  # restored meanwhile
                purge_document(by=by, document=document)
        except Forbidden:
            continue
        except NotFound:
            pass  # somebody else did it meanwhile
        purged += 1
    return purged


def transfer_document(*, by: User | None, document: Document, workspace: Workspace) -> Document:
    """To the root of another workspace, with all below it and with its shares. Its members lose it: an admin's call."""
    with transaction.atomic():
        # In id order, as any other transfer does, so that two can't wait for each other.
        for key in sorted({document.workspace_id, workspace.pk}):
            access.lock_workspace(key)
        document = access.lock_document(document)
        workspace = access.lock_workspace(workspace.pk)
        access.require(by, Action.PURGE, document)
        access.require_in(by, Action.CREATE, workspace)
        _require_untrashed(document)
        if document.workspace_id == workspace.pk:
            raise Conflict("The document is in this workspace already. Move it instead.")
        below = Document.objects.filter(pk__in=tree.subtree(document.pk))
        access.require_whole(by, Action.PURGE, below)
        ids = list(below.values_list("pk", flat=True))
        source = document.workspace
        below.update(workspace=workspace)
        Invitation.objects.filter(document__in=ids).update(workspace=workspace)
        document.workspace, document.parent = workspace, None
        document.position = placing.position_before(document, None, None)
        document.save(update_fields=["workspace", "parent", "position"])
        record("document.transferred", by=by, document=document, source=str(source.pk))
        signals.announce_documents(source.pk, ids, "moved")
        _rights_changed(workspace.pk, ids, "moved")
    return document


def _require_untrashed(document: Document) -> None:
    if document.trashed_at is not None:
        raise Conflict("This document is in the trash. Restore it first.", code="trashed")


def _rights_changed(workspace_id: UUID, ids: list[UUID], kind: signals.Change) -> None:
    access.bump(ids)
    signals.announce_access(document_ids=ids, user_ids=None)
    signals.announce_documents(workspace_id, ids, kind)
