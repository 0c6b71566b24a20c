"""One installation on a home, and one on an SQLite file. On PostgreSQL there may be any number of machines, as long as
they share one Redis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from django.conf import settings

from collab.launch import home


class NotAlone(Exception):
    """Somebody else is here; the text says who, and what to do."""


def sqlite_file() -> Path | None:
    """Where the database is, if it is a file."""
    database = settings.DATABASES["default"]
    return Path(database["NAME"]) if database["ENGINE"].endswith("sqlite3") else None


@contextmanager
def alone() -> Iterator[Sequence[TextIO]]:
    """Holds the home and the database; in the files given the holder may note who it is. Raises NotAlone."""
    with ExitStack() as stack:
        notes = []
        try:
            notes.append(stack.enter_context(home.held(settings.WEFT_HOME)))
        except home.AlreadyRunning as other:
            raise NotAlone(f"Weft is already running on {settings.WEFT_HOME}: {other}") from None
        database = sqlite_file()
        if database is not None:
            try:
                notes.append(stack.enter_context(home.database_held(database)))
            except home.AlreadyRunning as other:
                raise NotAlone(_taken(database, str(other))) from None
        yield notes


@contextmanager
def database_shared() -> Iterator[None]:
    """For a process of an installation without our supervisor: not on an SQLite file that a `serve` holds."""
    with ExitStack() as stack:
        database = sqlite_file()
        if database is not None:
            try:
                stack.enter_context(home.database_held(database, shared=True))
            except home.AlreadyRunning as other:
                raise NotAlone(_taken(database, str(other))) from None
        yield


def _taken(database: Path, other: str) -> str:
    return (
        f"Another Weft uses the database {database} already: {other or 'process unknown'}. Two on one SQLite file "
        "would not hear of each other's edits and sign-outs. Stop that one, or give this one a DATABASE_URL of "
        "its own; several machines can share a PostgreSQL and a Redis."
    )
