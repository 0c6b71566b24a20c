"""May they? The one answer, for pages, API, sockets, admin and shell.

The rules are pure: `effective_grant` says what somebody is on a document, `permits` what that lets them do. The rest
fetches what the rules need, in a constant number of queries. `visible_to` states the same rules a second time, in SQL,
because a list can't ask per row; `tests/documents/test_policy.py` holds the two together.

Rights flow down the tree. A document that doesn't inherit stops everything from above it, memberships and shares
alike, but for the workspace's owners and admins: so what is restricted inside a shared folder is restricted for
the folder's guests too. A superuser of the admin site has no rights here beyond their own memberships and shares.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from documents import tree
from documents.errors import Forbidden, NotFound, WeftError
from documents.models import Document, DocumentShare, Membership, Role, User, Workspace


class Action(StrEnum):
    """What is done to a document (first group) or in a workspace (second)."""

    VIEW = "view"
    COMMENT = "comment"
    EDIT = "edit"
    SHARE = "share"
    MANAGE = "manage"  # move, trash, restore
    PURGE = "purge"

    SEE = "see"
    CREATE = "create"
    INVITE = "invite"
    ADMINISTER = "administer"
    DELETE = "delete"


MINIMUM_ROLE = {
    Action.VIEW: Role.READER,
    Action.COMMENT: Role.COMMENTER,
    Action.EDIT: Role.EDITOR,
    Action.SHARE: Role.EDITOR,
    Action.MANAGE: Role.EDITOR,
    # Trash can be undone by whoever may edit; purging can't be undone by anyone.
    Action.PURGE: Role.ADMIN,
    Action.SEE: Role.READER,
    Action.CREATE: Role.EDITOR,
    Action.INVITE: Role.ADMIN,
    Action.ADMINISTER: Role.ADMIN,
    Action.DELETE: Role.OWNER,
}
# Owners and admins keep their rights on documents that don't inherit: somebody must be able to hand them on.
KEEPS_RIGHTS_BELOW_A_CUT = Role.ADMIN


class Source(StrEnum):
    """Where a role comes from."""

    SHARE = "share"
    ANCESTOR = "ancestor"  # a share of a document above
    WORKSPACE = "workspace"
    OWNER = "owner"  # of the workspace


@dataclass(frozen=True, slots=True)
class Grant:
    role: Role
    source: Source


@dataclass(frozen=True, slots=True)
class Step:
    """One document on the way up the tree, as one person meets it."""

    inherits: bool
    share: Role | None = None


def permits(role: Role | None, action: Action, *, trashed: bool = False, suspended: bool = False) -> bool:
    """May somebody with this role, on a document or workspace in this state?"""
    if role is None:
        return False
    minimum = MINIMUM_ROLE[action]
    if suspended and action not in (Action.VIEW, Action.SEE):
        return False
    if trashed:
        if action is Action.VIEW:
            minimum = MINIMUM_ROLE[Action.MANAGE]
        elif action not in (Action.MANAGE, Action.PURGE):
            return False
    return role.rank >= minimum.rank


def effective_grant(membership: Role | None, path: Sequence[Step]) -> Grant | None:
    """The highest of what reaches a document. `path` leads from the document itself up to the root."""
    grants: list[Grant] = []
    cut = False
    for height, step in enumerate(path):
        if step.share is not None:
            grants.append(Grant(step.share, Source.ANCESTOR if height else Source.SHARE))
        if not step.inherits:
            cut = True
            break
    if membership is not None and not (cut and membership.rank < KEEPS_RIGHTS_BELOW_A_CUT.rank):
        grants.append(Grant(membership, Source.OWNER if membership is Role.OWNER else Source.WORKSPACE))
    return max(grants, key=lambda grant: grant.role.rank, default=None)


def role_on(user: User | AnonymousUser, document: Document) -> Role | None:
    """What this person is on this document; None: it doesn't exist for them."""
    if isinstance(user, AnonymousUser) or not user.is_active:
        return None
    grant = _grants(document, [user.pk]).get(user.pk)
    return grant.role if grant else None


def roles_on(user: User | AnonymousUser, documents: Iterable[Document]) -> dict[UUID, Role]:
    """`role_on` for a whole list in three queries; documents that don't exist for this person are missing."""
    if isinstance(user, AnonymousUser) or not user.is_active:
        return {}
    member = {m.workspace_id: Role(m.role) for m in Membership.objects.filter(user=user)}
    with connection.cursor() as cursor:
        cursor.execute(_BELOW_CUTS, [user.pk])
        below_cuts = {tree.from_column(key) for (key,) in cursor.fetchall()}
        cursor.execute(_SHARED, [user.pk])
        shared: dict[UUID, list[Role]] = {}
        for key, role in cursor.fetchall():
            shared.setdefault(tree.from_column(key), []).append(Role(role))
    found: dict[UUID, Role] = {}
    for document in documents:
        roles = list(shared.get(document.pk, ()))
        if (role := member.get(document.workspace_id)) and document.pk not in below_cuts:
            roles.append(role)
        if roles:
            found[document.pk] = max(roles, key=lambda role: role.rank)
    return found


def may(user: User | AnonymousUser, action: Action, document: Document) -> bool:
    return _permits_on(role_on(user, document), action, document)


def permitted(actions: Iterable[Action], document: Document, user_ids: Iterable[int]) -> dict[int, set[Action]]:
    """Which of these actions each of these people may do, in three queries and from fresh rows: live sessions are
    checked by this. Who may nothing is missing."""
    wanted = list(actions)
    found = {}
    for user_id, grant in _grants(document, list(user_ids)).items():
        if allowed := {action for action in wanted if _permits_on(grant.role, action, document)}:
            found[user_id] = allowed
    return found


def people_on(document: Document) -> dict[User, Grant]:
    """Everybody who can reach a document (suspension and trash aside), highest roles first."""
    grants = _grants(document, None)
    users = User.objects.filter(pk__in=grants)
    return {
        user: grants[user.pk]
        for user in sorted(users, key=lambda user: (-grants[user.pk].role.rank, user.name.lower(), user.pk))
    }


def access_document(user: User | AnonymousUser, id: UUID, action: Action) -> Document:
    """Fetch (with its workspace) or raise: NotFound when it isn't theirs to see, else Forbidden with what to do."""
    document = Document.objects.select_related("workspace").filter(pk=id).first()
    if document is None:
        raise _no_document()
    require(user, action, document)
    return document


def require(user: User | AnonymousUser, action: Action, document: Document) -> None:
    """`access_document` for one that is fetched already."""
    role = role_on(user, document)
    if _permits_on(role, action, document):
        return
    if not _permits_on(role, Action.VIEW, document):
        raise _no_document()
    raise _refusal(action, trashed=document.trashed_at is not None, suspended=_is_suspended(document.workspace))


def visible_to(user: User | AnonymousUser) -> QuerySet[Document]:
    """Every document this person may VIEW, in one query. Holds trashed ones too, for those who may restore them."""
    if isinstance(user, AnonymousUser) or not user.is_active:
        return Document.objects.none()
    return Document.objects.filter(
        (Q(trashed_at=None) & _reached_by(user, MINIMUM_ROLE[Action.VIEW]))
        | (Q(trashed_at__isnull=False) & _reached_by(user, MINIMUM_ROLE[Action.MANAGE]))
    )


def role_in(user: User | AnonymousUser, workspace: Workspace) -> Role | None:
    if isinstance(user, AnonymousUser) or not user.is_active:
        return None
    membership = Membership.objects.filter(user=user, workspace=workspace).first()
    return Role(membership.role) if membership else None


def may_in(user: User | AnonymousUser, action: Action, workspace: Workspace) -> bool:
    return permits(role_in(user, workspace), action, suspended=_is_suspended(workspace))


def access_workspace(user: User | AnonymousUser, id: UUID, action: Action) -> Workspace:
    workspace = Workspace.objects.filter(pk=id).first()
    if workspace is None:
        raise _no_workspace()
    require_in(user, action, workspace)
    return workspace


def require_in(user: User | AnonymousUser, action: Action, workspace: Workspace) -> None:
    """`access_workspace` for one that is fetched already."""
    role = role_in(user, workspace)
    if role is None:
        raise _no_workspace()
    if not permits(role, action, suspended=_is_suspended(workspace)):
        raise _refusal(action, suspended=_is_suspended(workspace))


def workspaces_of(user: User | AnonymousUser) -> QuerySet[Workspace]:
    """Those this person is a member of; one who only has documents shared with them sees no workspace."""
    if isinstance(user, AnonymousUser) or not user.is_active:
        return Workspace.objects.none()
    return Workspace.objects.filter(memberships__user=user)


def people_known_to(user: User | AnonymousUser) -> QuerySet[User]:
    """Active accounts that this person sees in some list anyway: who shares a workspace with them. Nobody learns by
    trying ids who else has an account here."""
    return User.objects.filter(is_active=True, memberships__workspace__in=workspaces_of(user)).distinct()


def _permits_on(role: Role | None, action: Action, document: Document) -> bool:
    return permits(role, action, trashed=document.trashed_at is not None, suspended=_is_suspended(document.workspace))


def _is_suspended(workspace: Workspace) -> bool:
    return workspace.suspended_at is not None


def _grants(document: Document, user_ids: Sequence[int] | None) -> dict[int, Grant]:
    """What each of these active people (None: everybody) is on one document."""
    path = tree.path_up(document.pk)
    memberships = Membership.objects.filter(workspace=document.workspace_id, user__is_active=True)
    shares = DocumentShare.objects.filter(document__in=[key for key, _ in path], user__is_active=True)
    if user_ids is not None:
        memberships = memberships.filter(user__in=user_ids)
        shares = shares.filter(user__in=user_ids)
    member = {m.user_id: Role(m.role) for m in memberships}
    shared: dict[int, dict[UUID, Role]] = {}
    for share in shares:
        shared.setdefault(share.user_id, {})[share.document_id] = Role(share.role)
    found: dict[int, Grant] = {}
    for user_id in member.keys() | shared.keys():
        mine = shared.get(user_id, {})
        steps = [Step(inherits, mine.get(key)) for key, inherits in path]
        if grant := effective_grant(member.get(user_id), steps):
            found[user_id] = grant
    return found


def _reached_by(user: User, minimum: Role) -> Q:
    roles = [role for role in Role if role.rank >= minimum.rank]
    keeping = [role for role in roles if role.rank >= KEEPS_RIGHTS_BELOW_A_CUT.rank]
    memberships = Membership.objects.filter(user=user)
    places = ", ".join(["%s"] * len(roles))
    below_cuts = RawSQL(_BELOW_CUTS, [user.pk])  # noqa: S611 - constant text, parameters apart
    shared = RawSQL(  # noqa: S611
        f"SELECT id FROM ({_SHARED}) AS reached WHERE role IN ({places})",  # noqa: S608
        [user.pk, *(role.value for role in roles)],
    )
    return (
        Q(workspace__in=memberships.filter(role__in=keeping).values("workspace"))
        | (Q(workspace__in=memberships.filter(role__in=roles).values("workspace")) & ~Q(pk__in=below_cuts))
        | Q(pk__in=shared)
    )


# What a member's own role doesn't reach: documents that don't inherit, and all below them.
_BELOW_CUTS = """
WITH RECURSIVE below(id) AS (
    SELECT cut.id FROM documents_document cut
    JOIN documents_membership member ON member.workspace_id = cut.workspace_id
    WHERE member.user_id = %s AND member.role NOT IN ('owner', 'admin') AND NOT cut.inherits
    UNION
    SELECT child.id FROM documents_document child JOIN below ON child.parent_id = below.id
)
SELECT id FROM below
"""
# What shares reach: the shared documents, and below them as far as documents inherit.
_SHARED = """
WITH RECURSIVE reached(id, role) AS (
    SELECT document_id, role FROM documents_documentshare WHERE user_id = %s
    UNION
    SELECT child.id, reached.role FROM documents_document child
    JOIN reached ON child.parent_id = reached.id WHERE child.inherits
)
SELECT id, role FROM reached
"""


def _no_document() -> NotFound:
    return NotFound("There is no such document, or it isn't shared with you.")


def _no_workspace() -> NotFound:
    return NotFound("There is no such workspace, or you are not a member of it.")


def _refusal(action: Action, *, trashed: bool = False, suspended: bool = False) -> WeftError:
    if suspended:
        return Forbidden("This workspace is suspended: you can read here, but change nothing.", code="suspended")
    if trashed and action not in (Action.MANAGE, Action.PURGE):
        return Forbidden("This document is in the trash. Restore it first.", code="trashed")
    needed = MINIMUM_ROLE[action].with_article
    return Forbidden(f"For this you need to be {needed} here. Ask somebody who is to do it or to raise your role.")
