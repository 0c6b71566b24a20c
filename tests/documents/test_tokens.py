"""Access tokens at the door of sockets and the API."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from documents.models import AccessToken, User
from documents.tokens import find_token


@contextmanager
def somebody_writing() -> Iterator[None]:
    """Who holds SQLite's only write lock."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        yield
        cursor.execute("ROLLBACK")
    other.close()


@pytest.mark.django_db(transaction=True)
def test_who_comes_with_a_token_waits_for_nobody_who_writes() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("elsewhere writers lock rows")
    ann = User.objects.create_user(email="ann@example.com", password="weft", name="ann")
    secret = AccessToken.generate()
    AccessToken.objects.create(user=ann, name="tests", scope="read", digest=AccessToken.digest_of(secret))
    with connection.cursor() as cursor:
        patience = cursor.execute("PRAGMA busy_timeout").fetchone()
    began = time.monotonic()
    with somebody_writing():
        assert find_token(secret) is not None
    assert time.monotonic() - began < 2
    assert AccessToken.objects.get().last_used_at is None
    assert find_token(secret) is not None
    assert AccessToken.objects.get().last_used_at is not None
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == patience
