"""What only an operator does to accounts and members. Everybody else signs up, invites, accepts."""

from django.db import IntegrityError, transaction

from documents import signals
from documents.actions import access
from documents.actions.audit import record
from documents.actions.notifications import notify
from documents.errors import Conflict, Invalid
from documents.models import Membership, Role, User, Workspace
from documents.names import one_line


def create_user(*, by: User | None, email: str, name: str = "", password: str | None = None) -> User:
    """An account with a verified address. Without a password its owner sets one by “Forgot your password?”."""
    access.require_operator(by)
    try:
        with transaction.atomic():
            user = User.objects.create_user(email=email, password=password, name=one_line(name))
            record("user.created", by=by, user=user)
    except IntegrityError as taken:
        message = "This e-mail has an account already."
        raise Invalid(message, fields={"email": message}) from taken
    return user


def change_operator(*, by: User | None, user: User, is_staff: bool, is_superuser: bool) -> User:
    """Who may use the admin site, and who may do everything there. Gives no rights on any document."""
    access.require_operator(by)
    if by == user:
        raise Conflict("You can't change your own standing. Ask another operator.")
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        user.is_staff, user.is_superuser = is_staff, is_superuser
        user.save(update_fields=["is_staff", "is_superuser"])
        record("user.operator_changed", by=by, user=user, staff=is_staff, superuser=is_superuser)
    return user


def add_member(*, by: User | None, workspace: Workspace, user: User, role: Role) -> Membership:
    """Let an account in without asking it."""
    access.require_operator(by)
    with transaction.atomic():
        workspace = access.lock_workspace(workspace.pk)
        if role is Role.OWNER and workspace.personal_owner_id is not None:
            raise Conflict("A personal workspace has one owner. Make another workspace to own together.")
        membership, made = Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": role})
        if not made:
            raise Conflict(f"{user} is a member already. Change their role instead.", code="member")
        record("member.added", by=by, workspace=workspace, user=user, role=role.value)
        notify(
            user=user,
            title=f"You are {role.with_article} of {workspace} now",
            body="An operator added you. Its documents are in your sidebar.",
            url=f"/w/{workspace.pk}",
        )
        access.bump_workspace(workspace)
        signals.announce_access(document_ids=None, user_ids=[user.pk])
        signals.announce_memberships(workspace.pk, [user.pk])
    return membership
