"""What a commit costs the writer: CPU and time of `log.commit`, without sockets. `python bench/commit.py [N]`.

Makes a database of its own (or uses DATABASE_URL's, with tables that are there). Compare two checkouts by running it in
each by turns; a virtual machine's speed differs more from hour to hour than most changes do.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
ROUND = 200


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="weft-bench-", dir="/tmp") as home:
        os.environ["WEFT_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "collab.settings"
        sys.path.insert(0, str(ROOT))
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from documents import actions, log
        from documents.models import Document, User

        ann = User.objects.create_user(f"bench-{time.time_ns()}@example.com", password="bench")
        workspace = actions.create_workspace(by=ann, name="Bench")
        document = actions.create_document(by=ann, workspace=workspace, title="")
        stands = log.heads([document.pk])[document.pk]
        update = bytes(range(40))
        for name, authors in (("1 author", [ann.pk]), ("5 authors", [ann.pk + n for n in range(5)])):
            cpu, wall = [], []
            for _ in range(rounds):
                began, used = time.perf_counter(), time.process_time()
                for _ in range(ROUND):
                    writes: list[tuple[int | None, bytes]] = [(author, update) for author in authors]
                    log.commit([log.Batch(document.pk, stands.access_version, writes)], lambda _, authors: {})
                cpu.append((time.process_time() - used) / ROUND)
                wall.append((time.perf_counter() - began) / ROUND)
            print(f"{name}: {median(cpu) * 1e6:.0f} µs of CPU (best {min(cpu) * 1e6:.0f}), {median(wall) * 1e6:.0f} µs")
        Document.objects.all().delete()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
