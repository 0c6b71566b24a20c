"""The database beneath a `Network`: what it holds, and how it is made to fail."""

import sqlite3
from collections.abc import Callable
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, OperationalError, connection
from django.db.models import F

from documents import log as document_log
from documents.log import Entry
from documents.models import Log, Membership


@sync_to_async
def stored(document_id: UUID) -> list[Entry]:
    return document_log.load(document_id).entries


@sync_to_async
def change_role(user_id: int, role: str) -> None:
    """As an action does it, but without the signal that tells open rooms."""
    Membership.objects.filter(user_id=user_id).update(role=role)
    Log.objects.update(access_version=F("access_version") + 1)


def lock_database() -> sqlite3.Connection:
    blocker = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    return blocker


def unlock_database(blocker: sqlite3.Connection) -> None:
    blocker.execute("ROLLBACK")
    blocker.close()


def break_commits(monkeypatch: pytest.MonkeyPatch, fault: type[DatabaseError] = OperationalError) -> Callable[[], None]:
    """Until the returned function is called, every commit fails as it does without a database."""

    def down(*_: object) -> None:
        raise fault("the database is down")

    real = document_log.commit
    monkeypatch.setattr(document_log, "commit", down)
    monkeypatch.setattr(document_log.Quick, "commit", lambda *_: None)
    return lambda: monkeypatch.setattr(document_log, "commit", real)
