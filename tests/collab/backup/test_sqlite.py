"""Copying an SQLite database that people write into, and putting another in its place."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from collab.backup import Refused, sqlite


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """In WAL mode, as ours are: two tables of which each commit writes the same number into both."""
    path = tmp_path / "weft.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE one (n INTEGER, filler BLOB)")
        connection.execute("CREATE TABLE two (n INTEGER, filler BLOB)")
        write(connection, 2_000)
    return path


def write(connection: sqlite3.Connection, up_to: int, since: int = 0) -> None:
    for table in ("one", "two"):
        connection.executemany(f"INSERT INTO {table} VALUES (?, randomblob(400))", [(n,) for n in range(since, up_to)])


def test_a_copy_is_of_one_moment_while_others_write(database: Path, tmp_path: Path) -> None:
    written, finished = threading.Event(), threading.Event()

    def go_on() -> None:
        with closing(sqlite3.connect(database, timeout=20)) as connection:
            connection.isolation_level = None
            number = 2_000
            while not finished.is_set():
                connection.execute("BEGIN IMMEDIATE")
                write(connection, number + 1, number)
                connection.execute("COMMIT")
                written.set()
                number += 1

    writer = threading.Thread(target=go_on)
    writer.start()
    steps: list[tuple[int, int]] = []

    def told(done: int, of: int) -> None:
        steps.append((done, of))
        written.clear()
        assert written.wait(20), "writers don't wait for the copy"

    try:
        sqlite.PAGES_AT_ONCE, before = 40, sqlite.PAGES_AT_ONCE
        sqlite.copy(database, tmp_path / "copy", told)
    finally:
        sqlite.PAGES_AT_ONCE = before
        finished.set()
        writer.join()

    assert len(steps) > 10
    assert [done for done, _ in steps] == sorted(done for done, _ in steps), "it never has to begin anew"
    questions = {table: f"SELECT COUNT(*) || MAX(n) FROM {table}" for table in ("one", "two")}
    counts = sqlite.ask(tmp_path / "copy", questions)
    assert counts["one"] == counts["two"]
    assert not (tmp_path / "copy-wal").exists()


def test_a_damaged_database_is_not_backed_up_as_if_it_were_well(database: Path, tmp_path: Path) -> None:
    sqlite.close_down(database)
    with database.open("r+b") as file:
        file.seek(4096 * 20)
        file.write(bytes(4096))

    with pytest.raises(Refused, match="damaged"):
        sqlite.copy(database, tmp_path / "copy", lambda done, of: None)


def test_a_database_that_somebody_has_open_is_not_replaced(database: Path) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("SELECT COUNT(*) FROM one").fetchone()
        with pytest.raises(Refused, match=r"has .* open"):
            sqlite.close_down(database)
    assert sqlite.close_down(database)


def test_what_was_there_is_kept_with_all_that_was_in_its_wal(database: Path, tmp_path: Path) -> None:
    sqlite.copy(database, tmp_path / "new", lambda done, of: None)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM one")
    assert sqlite.close_down(database)

    sqlite.replace(database, tmp_path / "new", tmp_path / "kept")

    count = {"one": "SELECT COUNT(*) FROM one"}
    assert sqlite.ask(database, count) == {"one": 2_000}
    assert sqlite.ask(tmp_path / "kept", count) == {"one": 0}


def test_what_is_no_database_any_more_can_be_replaced_too(database: Path, tmp_path: Path) -> None:
    sqlite.copy(database, tmp_path / "new", lambda done, of: None)
    database.write_bytes(b"torn" * 5_000)
    Path(f"{database}-wal").write_bytes(b"left behind")
    assert not sqlite.close_down(database)

    sqlite.replace(database, tmp_path / "new", tmp_path / "kept")

    assert sqlite.ask(database, {"one": "SELECT COUNT(*) FROM one"}) == {"one": 2_000}
    assert (tmp_path / "kept").read_bytes() == b"torn" * 5_000
    assert not Path(f"{database}-wal").exists()
