"""Accounts, their sessions, and the tokens of their programs."""

import re
from datetime import datetime
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from documents import policy, signals
from documents.actions import access
from documents.actions.audit import record
from documents.errors import Conflict, Forbidden, Invalid
from documents.models import AccessToken, Membership, User
from documents.names import one_line


def change_profile(*, by: User | None, user: User, name: str | None = None, color: str | None = None) -> User:
    """Name and colour, as others see them from the next connection on. One's own, or an operator's to do."""
    if by != user:
        access.require_operator(by)
    wrong: dict[str, str] = {}
    if name is not None:
        name = one_line(name)
        if not 0 < len(name) <= 100:
            wrong["name"] = "Give a name of at most 100 characters."
    if color is not None and not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        wrong["color"] = "Give a colour as #rrggbb."
    if wrong:
        raise Invalid(" ".join(wrong.values()), fields=wrong)
    with transaction.atomic():
        user.name, user.color = name or user.name, color or user.color
        user.save(update_fields=["name", "color"])
        record("user.profile_changed", by=by, user=user)
        for workspace_id in Membership.objects.filter(user=user).values_list("workspace", flat=True):
            signals.announce_memberships(workspace_id, [user.pk])
    return user


def deactivate_user(*, by: User | None, user: User) -> User:
    """At once and everywhere: sessions end, open documents close, tokens stop working. Content and roles stay."""
    access.require_operator(by)
    if by == user:
        raise Conflict("You can't deactivate your own account. Ask another operator.")
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if not user.is_active:
            return user
        # While they still are visible: afterwards nothing is, and these are what their pending edits are aimed at.
        access.bump(policy.visible_to(user))
        user.is_active = False
        user.save(update_fields=["is_active"])
        record("user.deactivated", by=by, user=user)
        signals.announce_access(document_ids=None, user_ids=[user.pk])
        _end_sessions(user, None)
    return user


def reactivate_user(*, by: User | None, user: User) -> User:
    access.require_operator(by)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if not user.is_active:
            user.is_active = True
            user.save(update_fields=["is_active"])
            record("user.reactivated", by=by, user=user)
    return user


def end_sessions(*, by: User | None, user: User, except_key: str | None = None) -> None:
    """Sign a person out everywhere, but for the session with this key. One's own, or an operator's to do."""
    if by != user:
        access.require_operator(by)
    with transaction.atomic():
        record("user.sessions_ended", by=by, user=user)
        _end_sessions(user, except_key)


def end_session(*, by: User | None, session: UserSession) -> None:
    """One of a person's sessions: what was opened with it closes (collab/accounts/receivers.py)."""
    if by != session.user:
        access.require_operator(by)
    with transaction.atomic():
        agent = session.user_agent[:200]
        record("session.ended", by=by, user=session.user, address=str(session.ip), browser=agent)
        # Not its `end()`: that deletes what Redis has first, and while Redis is away nobody could be signed out.
        session.delete()


def create_token(
    *,
    by: User | None,
    user: User,
    name: str,
    scope: AccessToken.Scope = AccessToken.Scope.READ,
    expires_at: datetime | None = None,
) -> tuple[AccessToken, str]:
    """The token's record, and the token itself, which nobody can read again. For oneself, or by the operator."""
    if by is not None and by != user:
        raise Forbidden("A token acts as its owner. Everybody makes their own.")
    if not user.is_active:
        raise Conflict("This account is deactivated. Ask an operator to reactivate it first.")
    name = " ".join(name.split())
    if not 0 < len(name) <= 100:
        message = "Say what the token is for, in at most 100 characters."
        raise Invalid(message, fields={"name": message})
    if expires_at is not None and expires_at <= timezone.now():
        message = "This moment has passed. Choose a later one."
        raise Invalid(message, fields={"expires_at": message})
    secret = AccessToken.generate()
    with transaction.atomic():
        token = AccessToken.objects.create(
            user=user, name=name, scope=scope, digest=AccessToken.digest_of(secret), expires_at=expires_at
        )
        record("token.created", by=by, user=user, token=str(token.pk), name=name, scope=scope.value)
    return token, secret


def revoke_token(*, by: User | None, token: AccessToken) -> None:
    """Connections that were opened with it close: it is announced as the ended session `token:ID`."""
    if by != token.user:
        access.require_operator(by)
    with transaction.atomic():
        if AccessToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            record("token.revoked", by=by, user=token.user, token=str(token.pk), name=token.name)
            signals.announce_sessions_ended(token.user_id, [f"token:{token.pk}"])


def _end_sessions(user: User, except_key: str | None) -> None:
    sessions = UserSession.objects.filter(user=user)
    if except_key is not None:
        sessions = sessions.exclude(session_key=except_key)
    keys = list(sessions.values_list("session_key", flat=True))
    sessions.delete()
    # After the commit: a rollback couldn't bring them back. Before the announcement, so that no receiver finds them.
    transaction.on_commit(lambda: _delete_stored(keys), robust=True)
    signals.announce_sessions_ended(user.pk, None if except_key is None else keys)


def _delete_stored(keys: list[str]) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in keys:
        store().delete(key)
