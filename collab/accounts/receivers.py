"""What follows when somebody signs in, confirms an address, changes a password, or a session ends.

One rule holds sessions, sockets and the list of sessions together: deleting a UserSession's row ends that session. Its
stored data goes too, and open sockets hear of it. So it makes no difference whether a person, an operator, allauth's
own pages or an expiry deleted the row.
"""

from importlib import import_module
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed, user_logged_in
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from documents.actions.accounts import end_sessions
from documents.actions.invitations import accept_pending_invitations
from documents.actions.workspaces import ensure_personal_workspace
from documents.models import User
from documents.signals import announce_sessions_ended


@receiver(user_logged_in)
def prepare_account(user: User, **_: Any) -> None:
    ensure_personal_workspace(user)
    accept_pending_invitations(user)


@receiver(email_confirmed)
def accept_invitations_to_address(email_address: EmailAddress, **_: Any) -> None:
    accept_pending_invitations(email_address.user)


@receiver(post_delete, sender=UserSession)
def end_session(instance: UserSession, **_: Any) -> None:
    _end(instance.user_id, instance.session_key)


@receiver(user_logged_out)
def end_session_at_sign_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    key = request.session.session_key
    if user is None or key is None:
        return
    deleted, _by_model = UserSession.objects.filter(session_key=key).delete()
    if not deleted:  # a session that no page of ours has listed yet
        _end(user.pk, key)


@receiver(pre_save, sender=User)
def notice_new_password(instance: User, raw: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    looked_at = update_fields is None or "password" in update_fields
    stored = None
    if looked_at and not raw and not instance._state.adding:
        stored = User.objects.filter(pk=instance.pk).values_list("password", flat=True).first()
    instance.__dict__["_has_new_password"] = stored is not None and stored != instance.password


@receiver(post_save, sender=User)
def end_sessions_of_old_password(instance: User, **_: Any) -> None:
    """All of them, the one that changed it too: Django gives that browser a new session in the same request, and a
    thief who shared the old one is out."""
    if instance.__dict__.pop("_has_new_password", False):
        end_sessions(by=None, user=instance)


def _end(user_id: int, session_key: str) -> None:
    # Stored data first: a client that reconnects on hearing it must not find the session alive.
    transaction.on_commit(
        lambda: import_module(settings.SESSION_ENGINE).SessionStore().delete(session_key), robust=True
    )
    announce_sessions_ended(user_id, [session_key])
