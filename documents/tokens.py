"""Who holds an access token: the same answer for the API and for sockets."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db import InternalError, OperationalError, connection
from django.utils import timezone

from documents.models import AccessToken

USE_IS_NOTED_EVERY = timedelta(minutes=1)


def find_token(token: str) -> AccessToken | None:
    """The token, if it is valid and its owner may sign in; notes that it was used."""
    if not token.startswith(AccessToken.PREFIX):
        return None
    digest = AccessToken.digest_of(token)
    found = AccessToken.objects.select_related("user").filter(digest=digest, user__is_active=True).first()
    now = timezone.now()
    if found is None or not found.is_valid(now):
        return None
    if found.last_used_at is None or found.last_used_at < now - USE_IS_NOTED_EVERY:
        _note_use(found, now)
    return found


def _note_use(token: AccessToken, now: datetime) -> None:
    """If that can be written at once; else with a later use. Who only reads must get in while the disk is full or the
    database a standby, and must not queue for SQLite's one write lock: the threads in which sockets ask for their
    owners are few, and whoever comes next would wait, too."""
    with suppress(OperationalError, InternalError), _waiting_for_nobody():
        AccessToken.objects.filter(pk=token.pk).update(last_used_at=now)


@contextmanager
def _waiting_for_nobody() -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        [patience] = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience:d}")
