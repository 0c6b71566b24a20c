"""What documents learns from accounts: who signs in gets their workspace, and what was waiting for them. And what each
connection of SQLite must be taught."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.contrib.auth.signals import user_logged_in
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from documents import chain
from documents.actions import accept_pending_invitations, ensure_personal_workspace
from documents.models import User


@receiver(user_logged_in, dispatch_uid="documents.welcome")
def welcome(sender: object, user: User, **kwargs: Any) -> None:
    ensure_personal_workspace(user)
    accept_pending_invitations(user)


@receiver(email_confirmed, dispatch_uid="documents.accept_for_new_address")
def accept_for_new_address(sender: object, email_address: EmailAddress, **kwargs: Any) -> None:
    if email_address.user.is_active:
        accept_pending_invitations(email_address.user)


@receiver(connection_created, dispatch_uid="documents.teach_sqlite")
def teach_sqlite(sender: object, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """`log.py` has the database take the chain's step, and SQLite has no digests of its own."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(chain.SQLITE_STEP, 3, chain.step, deterministic=True)
