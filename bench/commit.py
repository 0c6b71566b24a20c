"""What a commit costs the writer: CPU and time of `log.commit`, without sockets.

    python bench/commit.py                                        # one process, SQLite
    python bench/commit.py --database postgres                    # … on a PostgreSQL of its own
    python bench/commit.py --database postgres --processes 4      # all write to one document, as fast as they can
    python bench/commit.py --database postgres --documents 20     # twenty documents in each transaction

The database is made for it, and has its tables from our migrations. Compare two checkouts by running it in each by
turns; a virtual machine's speed differs more from hour to hour than most changes do.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
UPDATE = bytes(range(40))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--documents", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    from tests.acceptance.installation import database_url

    home = Path(tempfile.mkdtemp(prefix="weft-bench-", dir="/tmp"))
    try:
        with database_url(options.database) as url:
            os.environ.update(url, WEFT_HOME=str(home), DJANGO_SETTINGS_MODULE="collab.settings")
            measure(options)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def measure(options: argparse.Namespace) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from documents.models import Document, Log, User, Workspace

    ann = User.objects.create_user("bench@example.com", password=None)
    workspace = Workspace.objects.create(name="Bench")
    documents = [Document.objects.create(workspace=workspace, title="") for _ in range(options.documents)]
    for document in documents:
        Log.objects.create(document=document)
    keys = [str(document.pk) for document in documents]
    begin = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; from bench import commit; "
    for name, authors in (("1 author", 1), ("5 authors", 5)):
        work = begin + f"commit.write({keys!r}, {ann.pk}, {authors}, {options.seconds})"
        writers = [
            subprocess.Popen([sys.executable, "-c", work], stdout=subprocess.PIPE, text=True)
            for _ in range(options.processes)
        ]
        waits: list[float] = []
        used = 0.0
        for writer in writers:
            said, _ = writer.communicate()
            spent, *walls = map(float, said.split())
            used += spent
            waits += walls
        ends = quantiles(waits, n=100)
        took = f"p50 {median(waits) * 1e3:.2f} ms, p99 {ends[98] * 1e3:.2f} ms"
        cpu = f"{used / len(waits) * 1e6:.0f} µs of the writer's CPU each"
        print(f"{name}: {len(waits) / options.seconds:.0f} commits/s, {took}, {cpu}", flush=True)


def write(keys: list[str], author: int, authors: int, seconds: float) -> None:
    """In a process of its own: commit as fast as it goes, and print CPU, then each commit's time."""
    from uuid import UUID

    import django

    django.setup()
    from documents import log

    documents = [UUID(key) for key in keys]
    heads = log.heads(documents)
    writes: list[tuple[int | None, bytes]] = [(author + n, UPDATE) for n in range(authors)]
    batches = [log.Batch(document, heads[document].access_version, writes) for document in documents]
    walls: list[float] = []
    ends, used = time.time() + seconds, 0.0
    while time.time() < ends:
        began, cpu = time.perf_counter(), time.process_time()
        log.commit(batches, lambda _, authors: {})
        walls.append(time.perf_counter() - began)
        used += time.process_time() - cpu
    print(used, *walls)


if __name__ == "__main__":
    main()
