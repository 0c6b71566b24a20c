"""Workspaces and their members."""

from django.db import transaction
from django.utils import timezone

from documents import policy, signals
from documents.actions import access, invitations
from documents.actions.audit import record
from documents.actions.notifications import notify
from documents.errors import Conflict, Invalid
from documents.models import Document, DocumentShare, Membership, Role, User, Workspace
from documents.names import one_line
from documents.policy import Action

NAME_LENGTH = 100


def ensure_personal_workspace(user: User) -> Workspace:
    """The one that comes with an account, made at first need: accounts from the shell have none until then."""
    found = Workspace.objects.filter(personal_owner=user).first()
    if found is not None:
        return found
    with transaction.atomic():
        name = f"{user.name}'s documents"[:NAME_LENGTH]
        workspace, made = Workspace.objects.get_or_create(personal_owner=user, defaults={"name": name})
        if made:  # not by a concurrent request, which then does the rest as well
            Membership.objects.create(workspace=workspace, user=user, role=Role.OWNER)
            record("workspace.created", by=user, workspace=workspace, personal=True)
            signals.announce_memberships(workspace.pk, [user.pk])
    return workspace


def create_workspace(*, by: User, name: str) -> Workspace:
    name = _checked(name)
    with transaction.atomic():
        workspace = Workspace.objects.create(name=name)
        Membership.objects.create(workspace=workspace, user=by, role=Role.OWNER)
        record("workspace.created", by=by, workspace=workspace, name=name)
        signals.announce_memberships(workspace.pk, [by.pk])
    return workspace


def rename_workspace(*, by: User | None, workspace: Workspace, name: str) -> Workspace:
    name = _checked(name)
    with transaction.atomic():
        workspace = access.lock_workspace(workspace.pk)
        access.require_in(by, Action.ADMINISTER, workspace)
        old, workspace.name = workspace.name, name
        workspace.save(update_fields=["name"])
        record("workspace.renamed", by=by, workspace=workspace, old=old, new=name)
        signals.announce_memberships(workspace.pk, _member_ids(workspace))
    return workspace


def change_role(*, by: User | None, workspace: Workspace, user: User, role: Role) -> Membership:
    """Of a member. Nobody hands out more than they have, or changes the role of one above them."""
    with transaction.atomic():
        workspace, membership = _locked(by, workspace, user)
        old = Role(membership.role)
        access.require_grantable(by, policy.role_in(by, workspace) if by else None, role)
        if workspace.personal_owner_id is not None and role is not old and Role.OWNER in (old, role):
            raise Conflict("A personal workspace keeps its one owner. Make another workspace to own together.")
        if role is old:
            return membership
        if old is Role.OWNER:
            _require_another_owner(workspace, user)
        membership.role = role
        membership.save(update_fields=["role"])
        if role.rank < old.rank:
            invitations.revoke_granted_by(user, workspace, above=role)
        record("member.role_changed", by=by, workspace=workspace, user=user, old=old.value, new=role.value)
        _rights_changed(workspace, user)
    return membership


def remove_member(*, by: User | None, workspace: Workspace, user: User) -> None:
    """Out means out: also what was shared with them here by itself, and the invitations they sent."""
    with transaction.atomic():
        workspace, membership = _locked(by, workspace, user)
        _remove(workspace, membership)
        record("member.removed", by=by, workspace=workspace, user=user, role=membership.role)


def leave_workspace(*, by: User, workspace: Workspace) -> None:
    with transaction.atomic():
        workspace = access.lock_workspace(workspace.pk)
        membership = Membership.objects.filter(workspace=workspace, user=by).first()
        if membership is None:
            raise Conflict("You are not a member of this workspace.")
        _remove(workspace, membership)
        record("member.left", by=by, workspace=workspace, user=by, role=membership.role)


def delete_workspace(*, by: User | None, workspace: Workspace) -> None:
    """For good, with every document in it and its history. Who loses it by that is told."""
    with transaction.atomic():
        workspace = access.lock_workspace(workspace.pk)
        access.require_in(by, Action.DELETE, workspace)
        if workspace.personal_owner_id is not None:
            raise Conflict("A personal workspace goes with its account: it can't be deleted by itself.")
        # What is being written now comes first, the rest finds no log. Only then the workspace as a whole, so that
        # nothing comes to refer to it while what does is deleted: a commit that waits for it may hold a log.
        access.bump_workspace(workspace)
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        documents = list(Document.objects.filter(workspace=workspace).values_list("pk", flat=True))
        members = list(User.objects.filter(memberships__workspace=workspace))
        guests = DocumentShare.objects.filter(document__workspace=workspace).values_list("user", flat=True)
        record(
            "workspace.deleted",
            by=by,
            workspace_id=str(workspace.pk),
            name=workspace.name,
            documents=len(documents),
            members=len(members),
        )
        signals.announce_access(document_ids=documents, user_ids=None)
        signals.announce_memberships(workspace.pk, {member.pk for member in members} | set(guests))
        for member in members:
            if member != by and member.is_active:
                notify(
                    user=member,
                    title=f"{by.name if by else 'An operator'} deleted the workspace {workspace.name}",
                    body="It is gone for good, with all documents in it.",
                    actor=by,
                )
        workspace.delete()


def suspend_workspace(*, by: User | None, workspace: Workspace) -> Workspace:
    """Its documents can be read, and nothing changed, until an operator lifts it."""
    return _set_suspended(by, workspace, True)


def unsuspend_workspace(*, by: User | None, workspace: Workspace) -> Workspace:
    return _set_suspended(by, workspace, False)


def _set_suspended(by: User | None, workspace: Workspace, suspended: bool) -> Workspace:
    access.require_operator(by)
    with transaction.atomic():
        workspace = access.lock_workspace(workspace.pk)
        if (workspace.suspended_at is not None) == suspended:
            return workspace
        workspace.suspended_at = timezone.now() if suspended else None
        workspace.save(update_fields=["suspended_at"])
        record("workspace.suspended" if suspended else "workspace.unsuspended", by=by, workspace=workspace)
        access.bump_workspace(workspace)
        ids = Document.objects.filter(workspace=workspace).values_list("pk", flat=True)
        signals.announce_access(document_ids=ids, user_ids=None)
        signals.announce_memberships(workspace.pk, _member_ids(workspace))
    return workspace


def _locked(by: User | None, workspace: Workspace, user: User) -> tuple[Workspace, Membership]:
    """The workspace, locked, and a membership in it that `by` may change."""
    workspace = access.lock_workspace(workspace.pk)
    access.require_in(by, Action.ADMINISTER, workspace)
    membership = Membership.objects.filter(workspace=workspace, user=user).first()
    if membership is None:
        raise Conflict("This person is not a member. Invite them instead.")
    access.require_grantable(by, policy.role_in(by, workspace) if by else None, Role(membership.role))
    return workspace, membership


def _remove(workspace: Workspace, membership: Membership) -> None:
    user = membership.user
    if workspace.personal_owner_id == user.pk:
        raise Conflict("A personal workspace goes with its account: its owner can't leave it.")
    if membership.role == Role.OWNER:
        _require_another_owner(workspace, user)
    membership.delete()
    DocumentShare.objects.filter(document__workspace=workspace, user=user).delete()
    invitations.revoke_granted_by(user, workspace, above=None)
    invitations.revoke_sent_to(user, workspace)
    _rights_changed(workspace, user)


def _require_another_owner(workspace: Workspace, user: User) -> None:
    """A deactivated owner can't act, so they don't count."""
    owners = Membership.objects.filter(workspace=workspace, role=Role.OWNER, user__is_active=True)
    if not owners.exclude(user=user).exists():
        raise Conflict("A workspace needs an owner. Make somebody else an owner first.", code="last_owner")


def _rights_changed(workspace: Workspace, user: User) -> None:
    access.bump_workspace(workspace)
    signals.announce_access(document_ids=None, user_ids=[user.pk])
    signals.announce_memberships(workspace.pk, [user.pk])


def _member_ids(workspace: Workspace) -> list[int]:
    return list(Membership.objects.filter(workspace=workspace).values_list("user", flat=True))


def _checked(name: str) -> str:
    name = one_line(name)
    if not 0 < len(name) <= NAME_LENGTH:
        message = f"Give the workspace a name of at most {NAME_LENGTH} characters."
        raise Invalid(message, fields={"name": message})
    return name
