"""Where in the tree a document may lie, and in which order. Called with the workspace locked."""

from documents import policy, tree
from documents.errors import Conflict, Invalid
from documents.models import Document, User, Workspace
from documents.policy import Action


def may_create(by: User, workspace: Workspace, parent: Document | None) -> bool:
    if parent is not None:
        return policy.may(by, Action.EDIT, parent)
    return policy.may_in(by, Action.CREATE, workspace)


def require_depth(parent: Document | None, height: int = 1) -> None:
    """Is there room below `parent` for something `height` levels high?"""
    if parent is not None and len(tree.path_up(parent.pk)) + height > tree.MAX_DEPTH:
        raise Invalid(f"Documents nest at most {tree.MAX_DEPTH} levels deep. Choose a place higher up.")


def require_no_cycle(document: Document, parent: Document | None) -> None:
    if parent is not None and document.pk in {key for key, _ in tree.path_up(parent.pk)}:
        raise Conflict("A document can't lie inside itself. Choose another place.", code="cycle")


def position_before(document: Document, parent: Document | None, before: Document | None) -> float:
    """The position that puts `document` before that sibling; None: last."""
    siblings = _siblings(document, parent)
    if before is None:
        return siblings[-1].position + 1 if siblings else 1.0
    index = next((i for i, sibling in enumerate(siblings) if sibling.pk == before.pk), None)
    if index is None:
        raise Conflict("The document to put this before is not there any more. Reload the list and try again.")
    return _between(siblings, index)


def position_after(document: Document, sibling: Document) -> float:
    siblings = _siblings(document, sibling.parent)
    index = next((i for i, other in enumerate(siblings) if other.pk == sibling.pk), len(siblings) - 1)
    return _between(siblings, index + 1)


def _siblings(document: Document, parent: Document | None) -> list[Document]:
    others = Document.objects.filter(workspace=document.workspace_id, parent=parent, trashed_at=None)
    return list(others.exclude(pk=document.pk).order_by("position", "created_at", "pk").only("position"))


def _between(siblings: list[Document], index: int) -> float:
    """A position for a newcomer at `index`. Halving a gap ends after some fifty times: then all are numbered anew."""
    if not siblings:
        return 1.0
    if index >= len(siblings):
        return siblings[-1].position + 1
    after = siblings[index].position
    before = siblings[index - 1].position if index else after - 2
    middle = (before + after) / 2
    if before < middle < after:
        return middle
    for number, sibling in enumerate(siblings):
        sibling.position = float(number + 1 if number < index else number + 2)
    Document.objects.bulk_update(siblings, ["position"])
    return float(index + 1)
