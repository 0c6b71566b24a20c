"""What the live engine asks the policy, from its reader threads: at joining, at a change of rights, and at commit."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from documents import log, policy
from documents.models import Document, User
from documents.policy import Action


@dataclass(frozen=True, slots=True)
class Grant:
    """What one user may do in one document, as of `access_version`."""

    may_edit: bool
    access_version: int


def grants(document_id: UUID, user_ids: Collection[int]) -> dict[int, Grant] | None:
    """The users who may see the document; None when there is none. Signed-out (inactive) users may nothing."""
    # The version first: should rights change between the two reads, the commit notices an old version and asks again.
    heads = log.heads([document_id])
    if document_id not in heads:
        return None
    document = Document.objects.select_related("workspace").filter(pk=document_id).first()
    if document is None:
        return None
    version = heads[document_id].access_version
    permitted = policy.permitted([Action.VIEW, Action.EDIT], document, user_ids)
    return {
        user_id: Grant(Action.EDIT in actions, version)
        for user_id, actions in permitted.items()
        if Action.VIEW in actions
    }


def may_write(document_id: UUID, author_ids: Iterable[int | None]) -> Mapping[int | None, bool]:
    """For `log.commit`: who of these authors may edit now. The server's own writes (None) may."""
    authors = set(author_ids)
    granted = grants(document_id, [author for author in authors if author is not None]) or {}
    return {author: author is None or (author in granted and granted[author].may_edit) for author in authors}


def inactive(user_ids: Collection[int]) -> set[int]:
    """Those of the users who were deactivated or deleted."""
    active = set(User.objects.filter(pk__in=user_ids, is_active=True).values_list("pk", flat=True))
    return set(user_ids) - active
