"""What the live engine asks the policy, from its reader threads: at joining, at a change of rights, and at commit."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from documents import log, policy
from documents.models import Document, User
from documents.policy import Action


@dataclass(frozen=True, slots=True)
class Standing:
    """How a document stands to some people, as of `access_version`. Who may not see it is not in `may_edit`."""

    may_edit: Mapping[int, bool]
    access_version: int
    trashed: bool


def standing(document_id: UUID, user_ids: Collection[int]) -> Standing | None:
    """None: there is no such document."""
    # The version first: should rights change between the two reads, the commit notices an old version and asks again.
    heads = log.heads([document_id])
    document = Document.objects.select_related("workspace").filter(pk=document_id).first()
    if document is None or document_id not in heads:
        return None
    permitted = policy.permitted([Action.VIEW, Action.EDIT], document, user_ids)
    may_edit = {user_id: Action.EDIT in actions for user_id, actions in permitted.items() if Action.VIEW in actions}
    return Standing(may_edit, heads[document_id].access_version, document.trashed_at is not None)


def may_write(document_id: UUID, author_ids: Iterable[int | None]) -> Mapping[int | None, bool]:
    """For `log.commit`: who of these authors may edit now. The server's own writes (None) may."""
    authors = set(author_ids)
    stands = standing(document_id, [author for author in authors if author is not None])
    may_edit = {} if stands is None else stands.may_edit
    return {author: author is None or may_edit.get(author, False) for author in authors}


def inactive(user_ids: Collection[int]) -> set[int]:
    """Those of the users who were deactivated or deleted."""
    active = set(User.objects.filter(pk__in=user_ids, is_active=True).values_list("pk", flat=True))
    return set(user_ids) - active
