"""The people and places of these tests: ann owns the workspace “Team”, ben edits in it, cleo belongs nowhere."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import environ
import pytest
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend
from pytest_django.plugin import DjangoDbBlocker

from documents import log, signals
from documents.actions import create_document, create_workspace
from documents.models import Document, Membership, Role, User, Workspace
from tests.acceptance.installation import database_url

Heard = list[tuple[str, dict[str, Any]]]
Listening = Callable[[], AbstractContextManager[Heard]]

_SIGNALS = {
    "compacted": signals.compacted,
    "entries": signals.entries_appended,
    "access": signals.access_changed,
    "documents": signals.documents_changed,
    "memberships": signals.memberships_changed,
    "sessions": signals.sessions_ended,
    "favourites": signals.favourites_changed,
    "notified": signals.notified,
    "inbox": signals.inbox_changed,
    "event": signals.event_published,
}


@pytest.fixture(scope="module")
def postgres_url(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A PostgreSQL with our tables, in place of this thread's SQLite."""
    sqlite = connections["default"]
    with database_url("postgres") as found, django_db_blocker.unblock():
        settings = {**sqlite.settings_dict, "OPTIONS": {}, **environ.Env.db_url_config(found["DATABASE_URL"])}  # type: ignore[no-untyped-call]
        connections["default"] = load_backend("django.db.backends.postgresql").DatabaseWrapper(settings, "default")
        log._sql.cache_clear()
        try:
            call_command("migrate", verbosity=0)
            yield found["DATABASE_URL"]
        finally:
            connections["default"].close()
            connections["default"] = sqlite
            log._sql.cache_clear()


@pytest.fixture
def postgres(postgres_url: str) -> BaseDatabaseWrapper:
    return connections["default"]


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann@example.com", password="ann's password")


@pytest.fixture
def ben(db: None) -> User:
    return User.objects.create_user("ben@example.com", password="ben's password")


@pytest.fixture
def cleo(db: None) -> User:
    return User.objects.create_user("cleo@example.com", password="cleo's password")


@pytest.fixture
def team(ann: User, ben: User) -> Workspace:
    workspace = create_workspace(by=ann, name="Team")
    join(workspace, ben, Role.EDITOR)
    return workspace


@pytest.fixture
def plan(ann: User, team: Workspace) -> Document:
    return create_document(by=ann, workspace=team, title="Plan")


@pytest.fixture
def listening(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Any]]],
) -> Listening:
    """`with listening() as heard:` collects what is announced by the commit at its end."""

    @contextmanager
    def listen() -> Iterator[Heard]:
        heard: Heard = []
        receivers = []
        for name, signal in _SIGNALS.items():

            def receive(_name: str = name, **message: Any) -> None:
                heard.append((_name, {k: v for k, v in message.items() if k not in ("signal", "sender")}))

            signal.connect(receive)
            receivers.append((signal, receive))
        try:
            with django_capture_on_commit_callbacks(execute=True):
                yield heard
                assert not heard, "announced before the commit"
        finally:
            for signal, receive in receivers:
                signal.disconnect(receive)

    return listen


def join(workspace: Workspace, user: User, role: Role) -> None:
    Membership.objects.update_or_create(workspace=workspace, user=user, defaults={"role": role})
