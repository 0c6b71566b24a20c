"""What every change of rights has in common: locks, the access version, and rules against helping oneself."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db.models import F, QuerySet

from documents import policy, tree
from documents.errors import Conflict, Forbidden, NotFound
from documents.models import Document, DocumentShare, Log, Role, User, Workspace
from documents.policy import Action


def lock_workspace(workspace_id: UUID) -> Workspace:
    """Changes of a workspace's tree and members wait here for each other; edits of content don't.

    So nothing decided on after this (no cycle, another owner is left, the parent isn't trashed) can be undone by a
    concurrent change. `no_key`, because rows that refer to the workspace may go on being inserted.
    """
    workspace = Workspace.objects.select_for_update(no_key=True).filter(pk=workspace_id).first()
    if workspace is None:
        raise NotFound("There is no such workspace, or you are not a member of it.")
    return workspace


def lock_document(document: Document) -> Document:
    """Lock the workspace that the document is in, and read the document again."""
    for _ in range(3):
        workspace = lock_workspace(document.workspace_id)
        fresh = Document.objects.filter(pk=document.pk).first()
        if fresh is None:
            raise NotFound("There is no such document, or it isn't shared with you.")
        if fresh.workspace_id == workspace.pk:
            fresh.workspace = workspace
            return fresh
        document = fresh  # transferred meanwhile
    raise Conflict("This document is being moved by somebody else. Try again.")


def fresh(document: Document) -> Document:
    found = Document.objects.select_related("workspace").filter(pk=document.pk).first()
    if found is None:
        raise NotFound("There is no such document, or it isn't shared with you.")
    return found


def require(by: User | None, action: Action, document: Document) -> None:
    if by is not None:
        policy.require(by, action, document)


def require_in(by: User | None, action: Action, workspace: Workspace) -> None:
    if by is not None:
        policy.require_in(by, action, workspace)


def require_whole(by: User | None, action: Action, documents: Iterable[Document]) -> None:
    """For what can't be undone: a restricted document deep inside must not go without one who may say so."""
    if by is None:
        return
    documents = list(documents)
    roles = policy.roles_on(by, documents)
    if not all(policy.permits(roles.get(document.pk), action) for document in documents):
        raise Forbidden(
            "It holds documents that are restricted to others. Move those elsewhere first, or ask an admin of the "
            "workspace."
        )


def require_operator(by: User | None) -> None:
    if by is not None and not (by.is_active and by.is_staff):
        raise Forbidden("Only an operator of this installation may do this. Ask yours.")


def require_grantable(by: User | None, own: Role | None, role: Role) -> None:
    """Nobody makes, unmakes or changes a role above their own."""
    if by is not None and (own is None or role.rank > own.rank):
        raise Forbidden(f"Only somebody with the role {role.label.lower()} or above may do this. Ask one of them.")


@contextmanager
def without_gain(by: User | None, document: Document) -> Iterator[None]:
    """Refuse a change that raises the role of the one who makes it: moving under a folder of one's own, say."""
    if by is None:
        yield
        return
    before = policy.role_on(by, document)
    yield
    after = policy.role_on(by, document)
    if after is not None and (before is None or after.rank > before.rank):
        raise Forbidden(
            f"This would raise your own role on the document to {after.label.lower()}. Ask somebody who has that role."
        )


@contextmanager
def without_loss(by: User | None, document: Document) -> Iterator[None]:
    """Let nobody lock themselves out: who loses rights by their own change gets them back as a share."""
    before = policy.role_on(by, document) if by else None
    yield
    if by is None or before is None:
        return
    after = policy.role_on(by, document)
    if after is None or after.rank < before.rank:
        role = Role.ADMIN if before is Role.OWNER else before
        DocumentShare.objects.update_or_create(document=document, user=by, defaults={"role": role})


def bump(documents: Iterable[UUID] | QuerySet[Document]) -> None:
    """Raise the access version: commits that were checked against the old one will be checked again.

    Locked in id order first, the order the writer locks in; a bare UPDATE takes rows as they lie, and could deadlock.
    """
    logs = Log.objects.filter(document__in=documents)
    list(logs.order_by("document_id").select_for_update(no_key=True).values_list("pk", flat=True))
    logs.update(access_version=F("access_version") + 1)


def bump_subtree(document: Document) -> list[UUID]:
    ids = list(tree.subtree(document.pk))
    bump(ids)
    return ids


def bump_workspace(workspace: Workspace) -> None:
    bump(Document.objects.filter(workspace=workspace))
