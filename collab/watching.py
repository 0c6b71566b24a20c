"""The numbers of all processes of this home, by one scrape of any of them: `/metrics`.

Each process writes its own into a file of WEFT_HOME every few seconds, and whoever is asked merges the files. Who is
asked writes its own first: what was shown once must never be less in the next scrape, which another process may answer.
`docs/adr/0021` says why a file.

Shown to this machine, and elsewhere to whoever has METRICS_TOKEN.
"""

import asyncio
import contextlib
import hmac
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from collab import metrics
from collab.metrics import Process, Sample, histogram

log = logging.getLogger(__name__)

PATH = "/metrics"
KEEP_SECONDS = 5.0
FORGOTTEN_SECONDS = 60.0
"""A file that nobody renewed for so long is left out, though something with that process id lives."""
BEAT_SECONDS = 0.5
LOCAL = frozenset({"127.0.0.1", "::1", None})

Numbers = Mapping[str, float]
Read = tuple[str, int, dict[str, list[Sample]]]


class Watch:
    """This process's numbers, kept where the others find them."""

    def __init__(self, process: Process, *sources: Callable[[], Numbers]) -> None:
        """`sources` are asked for gauges each time."""
        self._process = process
        self._sources = sources
        self._started = time.time()
        self._kept_at = float("-inf")
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def path(self) -> Path:
        return _folder() / f"{self._process}-{os.getpid()}.json"

    def keep(self) -> None:
        """Write them now. A disk that is full must stop nothing but this."""
        self._kept_at = time.monotonic()
        numbers: dict[str, float] = {"process_started_seconds": self._started, **_of_this_process()}
        for source in self._sources:
            numbers.update(source())
        found = metrics.samples(self._process, numbers)
        plain = {name: [[s.suffix, s.labels, s.value] for s in many] for name, many in found.items()}
        try:
            _folder().mkdir(mode=0o700, exist_ok=True)
            draft = self.path.with_suffix(".draft")  # read by nobody while it is half written
            draft.write_text(json.dumps({"process": self._process, "pid": os.getpid(), "samples": plain}))
            os.replace(draft, self.path)
        except OSError as error:
            log.warning("could not keep the metrics: %s", error)

    def keep_sometimes(self) -> None:
        """The same from a loop that comes by more often than that is due."""
        if time.monotonic() - self._kept_at >= KEEP_SECONDS:
            self.keep()

    def forget(self) -> None:
        """The process ends as it should."""
        self.path.unlink(missing_ok=True)

    # --- in a process with an event loop ---

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._keep_on()), asyncio.create_task(_measure_the_loop())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.forget()

    async def serve(self, scope: Any, send: Any) -> None:
        """Raw ASGI, in front of Django. Whom it isn't for finds nothing here."""
        allowed = _may_look(scope)
        body = b""
        if allowed:
            self.keep()
            body = metrics.exposition(await asyncio.to_thread(lambda: list(read_all()))).encode()
        await send(
            {
                "type": "http.response.start",
                "status": 200 if allowed else 404,
                "headers": [
                    (b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),
                    (b"content-length", b"%d" % len(body)),
                    (b"cache-control", b"no-store"),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _keep_on(self) -> None:
        while True:
            # A millisecond on the loop, since a copy of all numbers for a thread would cost as much.
            self.keep()
            await asyncio.sleep(KEEP_SECONDS)


def read_all() -> Iterator[Read]:
    """What every living process of this home kept last. Files of the dead go."""
    for path in sorted(_folder().glob("*.json")):
        try:
            text = path.read_text()
            kept = json.loads(text)
            if not _lives(kept["pid"]):
                for left in (path, path.with_suffix(".draft")):
                    left.unlink(missing_ok=True)
            elif time.time() - path.stat().st_mtime <= FORGOTTEN_SECONDS:
                yield (
                    kept["process"],
                    kept["pid"],
                    {name: [_sample(*each) for each in many] for name, many in kept["samples"].items()},
                )
        except FileNotFoundError:
            continue  # its process ended this moment
        except (ValueError, KeyError, TypeError) as error:
            log.warning("%s is not what a process of ours kept: %s", path.name, error)


def _sample(suffix: str, labels: list[list[str]], value: float) -> Sample:
    return Sample(suffix, tuple((name, said) for name, said in labels), value)


def _folder() -> Path:
    return Path(settings.WEFT_HOME) / "metrics"


def _may_look(scope: Any) -> bool:
    headers = dict(scope["headers"])
    if settings.METRICS_TOKEN:
        shown = headers.get(b"authorization", b"")
        if hmac.compare_digest(shown, b"Bearer " + settings.METRICS_TOKEN.encode()):
            return True
    client = (scope.get("client") or (None, 0))[0]
    return client in LOCAL and b"x-forwarded-for" not in headers


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _of_this_process() -> dict[str, float]:
    times = os.times()
    numbers = {"process_cpu_seconds": times.user + times.system}
    with contextlib.suppress(OSError):  # not every system has /proc
        numbers["process_open_fds"] = len(os.listdir("/proc/self/fd"))
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        numbers["process_resident_bytes"] = pages * os.sysconf("SC_PAGE_SIZE")
    return numbers


def of_the_pool() -> dict[str, float]:
    """The pool of PostgreSQL connections that all threads of this process share; SQLite has none."""
    pool = getattr(connections["default"], "pool", None)
    if pool is None:
        return {}
    stats = pool.get_stats()
    return {
        "database_pool_connections": stats.get("pool_size", 0),
        "database_pool_free": stats.get("pool_available", 0),
        "database_pool_waiting": stats.get("requests_waiting", 0),
    }


async def _measure_the_loop() -> None:
    delays = histogram("loop_delay_seconds")
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + BEAT_SECONDS
        await asyncio.sleep(BEAT_SECONDS)
        delays.observe(max(0.0, loop.time() - due))
