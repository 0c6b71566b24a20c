"""What waits for what, on PostgreSQL, which locks rows where SQLite lets one writer in at a time."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from documents import log
from documents.actions import create_document, create_workspace, delete_workspace
from documents.actions.audit import record
from documents.models import User, Workspace
from tests.documents.crowd import EDIT
from tests.running import until


@contextmanager
def also_on(postgres: BaseDatabaseWrapper) -> Iterator[None]:
    """This thread, too, speaks to it and not to SQLite."""
    connections["default"] = load_backend("django.db.backends.postgresql").DatabaseWrapper(
        postgres.settings_dict, "default"
    )
    try:
        yield
    finally:
        connections["default"].close()
        del connections["default"]


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_who_deletes_a_workspace_waits_for_a_commit_that_will_name_it(postgres: BaseDatabaseWrapper) -> None:
    """The other way round each would hold what the other waits for, and PostgreSQL would end one of them."""
    ann = User.objects.create_user("ann@example.com", password="ann's password")
    workspace = create_workspace(by=ann, name="Weavers")
    document = create_document(by=ann, workspace=workspace)
    begun = threading.Event()

    def commit() -> None:
        with also_on(postgres), transaction.atomic():
            log.append(document.pk, [(ann.pk, EDIT)])
            begun.set()
            until(somebody_waits, what="the deletion to wait")
            record("document.exported", by=ann, document=document)

    def delete() -> None:
        begun.wait(30)
        with also_on(postgres):
            delete_workspace(by=ann, workspace=workspace)

    with ThreadPoolExecutor() as threads:
        for outcome in [threads.submit(commit), threads.submit(delete)]:
            outcome.result(60)
    assert not Workspace.objects.filter(pk=workspace.pk).exists()
