"""Lists, search and opening by HTTP, as what there is grows: time, server CPU and queries of a request.

    python bench/api.py [--sizes 10,300] [--requests 100]

A whole Weft with one web process and SQLite; one connection that is kept. `tests/documents/test_query_counts.py`
asserts of every list that the queries don't become more.
"""

import argparse
import http.client
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"  # a home of its own for what is imported below

import django

django.setup()

from bench.tables import head, line  # noqa: E402
from tests.acceptance.installation import Installation, running  # noqa: E402

GROW = """
import json
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from documents.models import Document, User, Workspace
from tests.documents.crowd import Crowd
plan = Document.objects.get(pk={document!r})
crowd = Crowd(User.objects.get(email="ann@example.com"), plan.workspace, plan, size={before})
with transaction.atomic():
    crowd.grow({size})
client = Client(headers={{"authorization": "Bearer {token}", "host": "127.0.0.1"}})
queries = []
for path in {paths!r}:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200, path
    queries.append(len(captured))
print(json.dumps(queries))
"""


def measured(weft: Installation, path: str, count: int) -> tuple[list[float], int, float]:
    """Seconds of each request, bytes of the last, and CPU of the web process for one."""
    [web, *_] = weft.processes("web")
    parts = urlsplit(weft.weft.url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    headers = {"Authorization": f"Bearer {weft.people['ann']['token']}"}
    took: list[float] = []
    size, before = 0, 0.0
    for number in range(count + 5):
        if number == 5:  # the first ones warm it up
            before = sum(web.cpu_times()[:2])
            took = []
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        size = len(answer.read())
        took.append(time.perf_counter() - began)
        assert answer.status == 200, (path, answer.status)
    return took, size, (sum(web.cpu_times()[:2]) - before) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10,300")
    parser.add_argument("--requests", type=int, default=100)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="weft-bench-", dir="/tmp"))
    try:
        limit = {"LIMIT_REQUESTS_PER_MINUTE": "1000000"}
        with running(home, "sqlite", documents=1, **limit) as weft:
            document = weft.document()
            paths = {
                "list of a workspace": f"/api/v1/documents?workspace={weft.workspace}",
                "… its first 50": f"/api/v1/documents?workspace={weft.workspace}&limit=50",
                "search, first 50": "/api/v1/documents?q=weft&limit=50",
                "shared with me": "/api/v1/documents?shared=true&limit=50",
                "members": f"/api/v1/workspaces/{weft.workspace}/members",
                "open: its description": f"/api/v1/documents/{document}",
                "open: the page, which is the same for all": "/shell/",
            }
            head("request", "documents, members, …", "p50 / p95", "CPU", "queries", "answer")
            before = 0
            for size in map(int, given.sizes.split(",")):
                token = weft.people["ann"]["token"]
                grow = {"document": document, "before": before, "size": size, "token": token}
                api = [path for path in paths.values() if path.startswith("/api")]
                queries = json.loads(weft.shell(GROW.format(**grow, paths=api)).splitlines()[-1])
                before = size
                for name, path in paths.items():
                    took, bytes_, cpu = measured(weft, path, given.requests)
                    cuts = quantiles(took, n=20)
                    counted = queries[api.index(path)] if path in api else "–"
                    spread = f"{cuts[9] * 1000:.1f} / {cuts[18] * 1000:.1f} ms"
                    line(name, f"{size:,}", spread, f"{cpu * 1000:.1f} ms", counted, f"{bytes_ / 1000:,.1f} KB")
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
