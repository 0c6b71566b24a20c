"""What an edit, a join, a look into history and a compaction cost as a document grows, and what it takes on disk.

    python bench/growth.py [--edits 1000,10000,100000,1000000]

One person writes (`keystrokes.py`); compactions run when `documents.jobs` says that they are due, as the worker asks.
CPU of this process and its children, medians of several where it's cheap; SQLite in a home of its own.
"""

import argparse
import itertools
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
CHUNK = 500
HEADINGS = (
    "edits",
    "edit: guard, news, commit",
    "join, open room",
    "come back a little behind",
    "cold open",
    "page of history",
    "one compaction",
    "compacting, an edit",
    "on disk, an edit",
    "a day later",
    "snapshot",
)
ON_DISK = """SELECT (page_count - freelist_count) * page_size
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size"""


def cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def milliseconds(call: Callable[[], Any], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        began = cpu()
        call()
        taken.append((cpu() - began) * 1000)
    return median(taken)


class Growing:
    """A document, who writes in it, and what compacting has cost until now."""

    def __init__(self) -> None:
        from bench.keystrokes import typing
        from documents import actions, log
        from documents.models import User

        ann = User.objects.create_user("bench@example.com", password="bench")
        workspace = actions.create_workspace(by=ann, name="Bench")
        self.author = ann.pk
        self.document: UUID = actions.create_document(by=ann, workspace=workspace, title="").pk
        self.access_version = log.heads([self.document])[self.document].access_version
        self.keys = typing()
        self.written = 0
        self.compacting = 0.0
        self.at_first = self.bytes_on_disk()

    def grow(self, size: int) -> None:
        from django.db import transaction

        from documents import compaction, jobs, log

        while self.written < size:
            keys = list(itertools.islice(self.keys, min(CHUNK, size - self.written)))
            with transaction.atomic():
                log.append(self.document, [(self.author, update) for update in keys])
            self.written += len(keys)
            if self.document in jobs.due_compactions():
                began = cpu()
                compaction.compact(self.document)
                self.compacting += cpu() - began

    def open(self) -> Any:
        from collab.replica import Replica
        from documents import log

        return Replica(log.load(self.document))

    def edit(self, replica: Any, count: int = 100) -> None:
        from collab.protocol import guard
        from documents import log

        for update in itertools.islice(self.keys, count):
            found = guard.scan(update)
            news = replica.news(update, found.structs, found.deletes, whole_state=False)
            batch = log.Batch(self.document, self.access_version, [(self.author, news)])
            [outcome] = log.commit([batch], lambda _, authors: {})
            replica.add(outcome.entries[0], found.structs, found.deletes)
        self.written += count

    def bytes_on_disk(self) -> int:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute(ON_DISK)
            return int(cursor.fetchone()[0])

    def bytes_an_edit(self) -> float:
        return (self.bytes_on_disk() - self.at_first) / self.written

    def let_a_day_pass(self) -> int:
        """What the snapshot covers goes; how large that is."""
        from django.db.models.functions import Length
        from django.utils import timezone

        from documents import compaction
        from documents.models import Snapshot

        snapshots = Snapshot.objects.filter(document_id=self.document)
        snapshots.update(created_at=timezone.now() - timedelta(days=2))
        compaction.trim(self.document)
        return int(snapshots.order_by("-seq").values_list(Length("state"), flat=True)[0])


def row(growing: Growing, size: int) -> list[str]:
    from documents import compaction, log

    compacting, written = growing.compacting, growing.written
    growing.grow(size)
    each = (growing.compacting - compacting) / (size - written)
    replica = growing.open()
    if replica.wants_settling:
        replica.apply_settled(replica.settle())  # as a room does in a thread
    before = replica.state_vector()
    edit = milliseconds(lambda: growing.edit(replica)) / 100
    joined = milliseconds(lambda: replica._answer(b"\x00"))  # without the cache, which answers all but the first
    behind = milliseconds(lambda: replica._answer(before), 3)
    opened = milliseconds(lambda: growing.open().answer(b"\x00"), 3)
    history = milliseconds(lambda: log.entries_after(growing.document, replica.head - 1000), 3)
    on_disk = growing.bytes_an_edit()
    compaction_ms = milliseconds(lambda: compaction.compact(growing.document), 1)
    snapshot = growing.let_a_day_pass()
    return [
        f"{size:,}",
        f"{edit * 1000:.0f} µs",
        f"{joined:.2f} ms",
        f"{behind:.2f} ms",
        f"{opened:.1f} ms",
        f"{history:.1f} ms",
        f"{compaction_ms:.0f} ms",
        f"{each * 1e6:.0f} µs",
        f"{on_disk:.0f} B",
        f"{growing.bytes_an_edit():.1f} B",
        f"{snapshot:,} B",
    ]


def main(sizes: list[int]) -> None:
    from bench.tables import head, line

    head(*HEADINGS)
    growing = Growing()
    for size in sizes:
        line(*row(growing, size))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", default="1000,10000,100000")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weft-bench-", dir="/tmp") as home:
        os.environ["WEFT_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "collab.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        main([int(size) for size in given.edits.split(",")])
