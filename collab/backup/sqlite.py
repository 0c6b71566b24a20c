"""A copy of an SQLite database in use, and putting one in its place. Raw: a restore mustn't build on what it replaces.

The copy is of one moment: a read transaction is held over all its steps, so that people can go on writing (into the
WAL) and the copying never has to begin anew. Replacing is one rename. Whatever happens before it, the old one is in
place; after it, the new one is, and the old one beside it.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from collab.backup import Refused
from collab.backup.archive import sync

VERSION = sqlite3.sqlite_version
PAGES_AT_ONCE = 2_000
# A commit under way; a checkpoint.
PATIENCE_SECONDS = 20


def copy(source: Path, target: Path, told: Callable[[int, int], None]) -> None:
    """`told` hears (pages copied, pages there are). Raises Refused when the copy isn't sound."""
    with closing(_opened(source)) as here, closing(sqlite3.connect(target)) as there:
        here.execute("BEGIN")
        here.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # from here on it is this moment
        here.backup(there, pages=PAGES_AT_ONCE, progress=lambda status, left, total: told(total - left, total))
        there.execute("PRAGMA journal_mode=DELETE")
    check(target)


def check(database: Path) -> None:
    """Every page and index. Raises Refused."""
    try:
        with closing(_opened(database)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as fault:
        found = [str(fault)]
    if found != ["ok"]:
        raise Refused(f"The database is damaged: {'; '.join(found)}.")


def ask(database: Path, questions: dict[str, str]) -> dict[str, int]:
    """One number for each statement."""
    with closing(_opened(database)) as connection:
        return {name: int(connection.execute(question).fetchone()[0]) for name, question in questions.items()}


def tables(database: Path) -> set[str]:
    with closing(_opened(database)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def change(database: Path, statements: Sequence[str]) -> None:
    with closing(_opened(database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def close_down(database: Path) -> bool:
    """Has everything in the one file, without WAL, which takes that nobody has it open: Refused otherwise. False for a
    file that is no sound database: that is no reason not to restore one."""
    try:
        with closing(_opened(database, patience=1)) as connection:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError as fault:
        if "locked" in str(fault) or "busy" in str(fault):
            raise Refused(f"Something has {database} open. Stop Weft, and close every shell on it.") from None
        return False
    except sqlite3.DatabaseError:
        return False
    return bool(mode == "delete")


def replace(database: Path, by: Path, kept: Path | None) -> None:
    """`by`, on the same file system, becomes the database; what was there is `kept` from now on. At no moment is there
    none: an empty one would be made at once by whoever starts Weft."""
    if kept is not None:
        try:
            os.link(database, kept)
        except OSError:  # a file system without links
            shutil.copyfile(database, kept)
        # Left behind they would be taken for the new one's. Only a database that can't be closed down has any.
        for part in ("-wal", "-shm"):
            if os.path.exists(f"{database}{part}"):
                os.replace(f"{database}{part}", f"{kept}{part}")
        sync(database.parent)
    sync(by)
    os.replace(by, database)
    sync(database.parent)


def _opened(database: Path, patience: float = PATIENCE_SECONDS) -> sqlite3.Connection:
    # Not mode=ro: the first to open a database in WAL mode has to make its shared memory.
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=patience)
