"""What the live engine asks the policy, from its reader threads: at joining, at a change of rights, and at commit."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from documents import log, policy
from documents.log import Head
from documents.models import Document, User
from documents.policy import Action

KNOWN = 20_000
"""Joins remembered by a process, at some 300 bytes."""

_lock = Lock()
_known: dict[tuple[UUID, int], tuple[tuple[int, int], "Standing"]] = {}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a document stands to some people, as of `access_version`. Who may not see it is not in `may_edit`."""

    may_edit: Mapping[int, bool]
    access_version: int
    trashed: bool
    inactive: frozenset[int] = frozenset()
    """Of those who may not see it: whose account was deactivated or deleted."""


def standing(document_id: UUID, user_ids: Collection[int]) -> Standing | None:
    """None: there is no such document."""
    # The version first: should rights change between the two reads, the commit notices an old version and asks again.
    heads = log.heads([document_id])
    document = Document.objects.select_related("workspace").filter(pk=document_id).first()
    if document is None or document_id not in heads:
        return None
    permitted = policy.permitted([Action.VIEW, Action.EDIT], document, user_ids)
    may_edit = {user_id: Action.EDIT in actions for user_id, actions in permitted.items() if Action.VIEW in actions}
    shut_out = set(user_ids) - may_edit.keys()
    version, trashed = heads[document_id].access_version, document.trashed_at is not None
    return Standing(may_edit, version, trashed, frozenset(inactive(shut_out)) if shut_out else frozenset())


def standing_of_joiner(document_id: UUID, user_id: int, head: Head | None) -> Standing | None:
    """`standing` of somebody who is known to be active, remembered for as long as the document's version of rights
    stays, which `head` says, read just now: when a room's people come back all at once, one row is read instead of six.

    Only what lets somebody in is remembered. Live sessions are always asked about anew.
    """
    if head is None:
        return None
    version = head.epoch, head.access_version
    with _lock:
        known = _known.get((document_id, user_id))
    if known is not None and known[0] == version:
        return known[1]
    stands = standing(document_id, [user_id])
    if stands is not None and not stands.trashed and user_id in stands.may_edit:
        with _lock:
            # Under the version that was read first: if rights changed since then, nobody will ask for that any more.
            _known[document_id, user_id] = version, stands
            if len(_known) > KNOWN:
                del _known[next(iter(_known))]
    return stands


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
