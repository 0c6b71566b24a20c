"""Run by test_crashes.py in a process of its own, with a WEFT_HOME of its own: makes a backup and a restore die at each
thing they do to the file system, one after the other, and looks at what they leave. Prints what it saw as JSON."""

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from collab.backup import Refused, archive, restoring, saving  # noqa: E402
from collab.launch.alone import alone  # noqa: E402
from documents import actions  # noqa: E402
from documents.models import User  # noqa: E402

HOME: Path = settings.WEFT_HOME
DATABASE = HOME / "weft.sqlite3"
BACKUP = HOME.with_name(f"{HOME.name}.tar.gz")
OLD = HOME.with_name(f"{HOME.name}.old")
EVENTS = {"open", "os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "sqlite3.connect"}


def report(what: str, done: int, of: int) -> None:
    pass


def dying_at(number: int, work: Callable[[], object]) -> int:
    """In a fork that is gone, as by kill -9, just before the n-th thing it does in these folders. Its exit code."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        left = number

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in EVENTS and str(HOME) in str(arguments[0]):
                left -= 1
                if not left:
                    os._exit(9)

        sys.addaudithook(count)
        try:
            work()
        except BaseException as fault:
            print(f"{type(fault).__name__}: {fault}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def documents() -> int:
    with closing(sqlite3.connect(f"file:{DATABASE}?mode=rw", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(connection.execute("SELECT COUNT(*) FROM documents_document").fetchone()[0])


def restored() -> None:
    with alone():
        restoring.restore(BACKUP, restoring.acceptable(BACKUP), report)


def back_up() -> int:
    """How often it died before it once did not."""
    target = HOME / "another.tar.gz"
    for number in range(1, 500):
        code = dying_at(number, lambda: saving.save(target, with_keys=True, report=report))
        if target.exists():
            archive.check(target, lambda more: None)  # whole, if it is there at all
        if code == 0:
            assert target.exists()
            return number
        assert code == 9, code
        target.unlink(missing_ok=True)
    raise AssertionError("no end")


def restore() -> list[int]:
    """The number of documents after each death: 2 is the old database, 1 the backup's."""
    key = (OLD / "secret_key").read_text()
    seen = []
    for number in range(1, 500):
        shutil.rmtree(HOME)
        shutil.copytree(OLD, HOME)
        code = dying_at(number, restored)
        seen.append(documents())
        assert (HOME / "secret_key").read_text() == key
        if code == 0:
            [kept] = HOME.glob("weft.sqlite3.replaced-*")
            assert kept.stat().st_size
            return seen
        assert code == 9, code
        if number % 5 == 0:
            restored()  # what a crash leaves is no obstacle to the next try
            assert documents() == 1
    raise AssertionError("no end")


ann = User.objects.create_user("ann@example.com", password="weft")
workspace = actions.create_workspace(by=ann, name="Weavers")
actions.create_document(by=ann, workspace=workspace, title="Before")
(HOME / "uploads").mkdir()
(HOME / "uploads" / "image").write_bytes(b"image")
saving.save(BACKUP, with_keys=True, report=report)
actions.create_document(by=ann, workspace=workspace, title="After")
connections.close_all()
died = back_up()
(HOME / "another.tar.gz").unlink()
(HOME / "uploads" / "image").unlink()
shutil.copytree(HOME, OLD, ignore=shutil.ignore_patterns(".weft-*", "*.sock"))
try:
    saving.save(BACKUP, with_keys=True, report=report)
    raise AssertionError("a backup was written over another")
except Refused:
    pass
print(json.dumps({"backup": died, "restore": restore()}))
