"""One running Weft that serves many flights, and what stands beside it: an operator, and an eye on the database."""

from __future__ import annotations

import asyncio
import http.client
import random
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg

from tests.acceptance.installation import Installation, postgres_server, postgres_settings
from tests.acceptance.lossy_redis import LossyRedis
from tests.faults.clocks import Clocks
from tests.faults.injection import CrashPoints
from tests.faults.operating import Operator
from tests.faults.oracle import Rows
from tests.faults.power import Power
from tests.running import Weft, until
from tests.watching.scraping import scrape

SETTINGS = {
    "WEB_WORKERS": "2",
    # One machine plays hundreds of people, who must not be told that they type too fast.
    "LIMIT_UPDATES_PER_SECOND": "10000",
    "LIMIT_SOCKETS_PER_USER_DOCUMENT": "50",
    "LIMIT_REQUESTS_PER_MINUTE": "1000000",
}


class World:
    def __init__(
        self,
        installation: Installation,
        points: CrashPoints,
        redis: LossyRedis | None = None,
        postgres: Any = None,
        power: Power | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self.installation, self.points, self.postgres = installation, points, postgres
        self._redis, self._power, self._clocks = redis, power, clocks
        self._looking = threading.Lock()
        self._operators: list[Operator] = []
        self.operators_come()

    @property
    def redis(self) -> LossyRedis:
        assert self._redis is not None, "this world has an embedded Valkey: its scenario wants place='lossy'"
        return self._redis

    @property
    def power(self) -> Power:
        assert self._power is not None, "this world's files are the kernel's: its scenario wants place='powered'"
        return self._power

    @property
    def clocks(self) -> Clocks:
        assert self._clocks is not None, "this world's clocks all tell the time: its scenario wants place='skewed'"
        return self._clocks

    @property
    def url(self) -> str:
        return self.installation.weft.url

    def token(self, name: str) -> str:
        return str(self.installation.people[name]["token"])

    async def documents(self, count: int) -> list[str]:
        made: list[str] = await self.operate("documents", count=count, workspace=self.installation.workspace)
        return made

    async def operate(self, verb: str, **details: Any) -> Any:
        """By whichever operator has time; both do what they are told one after the other."""
        free = next((each for each in self._operators if not each.is_busy), self._operators[0])
        return await asyncio.to_thread(free.do, verb, **details)

    def operators_come(self) -> None:
        """Two, so that they can be in each other's way."""
        self._operators = [Operator(self.installation.weft.environment) for _ in range(2)]

    def operators_leave(self) -> None:
        for operator in self._operators:
            operator.close()

    def sql(self, statement: str, *values: Any) -> None:
        """A hand in the database, behind everybody's back."""
        if self.installation.database == "sqlite":
            path = self.installation.weft.home / "weft.sqlite3"
            with closing(sqlite3.connect(path, timeout=20)) as database:
                database.execute(statement.replace("%s", "?"), [v.hex if isinstance(v, UUID) else v for v in values])
                database.commit()
        else:
            with psycopg.connect(self.installation.weft.environment["DATABASE_URL"]) as connection:
                connection.execute(statement.encode(), values)

    def count(self, question: str) -> int:
        """What a SELECT of one number says."""
        if self.installation.database == "sqlite":
            path = f"file:{self.installation.weft.home / 'weft.sqlite3'}?mode=ro"
            with closing(sqlite3.connect(path, uri=True, timeout=20)) as database:
                return int(database.execute(question).fetchone()[0])
        with psycopg.connect(self.installation.weft.environment["DATABASE_URL"]) as connection:
            [number] = connection.execute(question.encode()).fetchone() or [0]
            return int(number)

    def web(self) -> list[psutil.Process]:
        return [p for p in self.installation.weft.processes() if _is(p, "web")]

    def valkey(self) -> list[psutil.Process]:
        return [p for p in self.installation.weft.processes() if "valkey-server" in p.name()]

    def worker(self) -> list[psutil.Process]:
        """The worker and the job it has just now."""
        return [p for p in self.installation.weft.processes() if _is(p, "work")]

    def measures(self) -> dict[str, float]:
        """What must stay within bounds, as it is now; empty while nobody answers."""
        try:
            numbers = scrape(self.url)
            largest = max(process.memory_info().rss for process in self.web())
        except (OSError, ValueError, http.client.HTTPException, psutil.Error):
            return {}
        named = ("queue_bytes_longest", "unsaved_bytes")
        return {"web process bytes": largest, **{name: float(numbers[f"weft_{name}"]) for name in named}}

    async def web_is_back(self, count: int = 2, seconds: float = 30) -> None:
        await asyncio.to_thread(
            until, lambda: len(self.web()) >= count and self.installation.ready(), seconds, "web is back"
        )

    def cut_power(self, chance: random.Random) -> int:
        """Everything is gone at once, the operators too; how many sectors are not as they had been written."""
        self.operators_leave()
        with self._looking:  # who closes SQLite's last connection moves the WAL into the database
            return self.power.cut(self.installation, chance)

    def power_returns(self) -> None:
        self.power.on_again(self.installation)
        self.operators_come()

    def rows(self, document: str) -> Rows:
        """What the database holds of a document now, read without any code of ours."""
        with self._looking:
            return self._rows(document)

    def _rows(self, document: str) -> Rows:
        if self.installation.database == "sqlite":
            # A database that lost its power is recovered by whoever opens it first.
            path = f"file:{self.installation.weft.home / 'weft.sqlite3'}?mode={'rw' if self._power else 'ro'}"
            with closing(sqlite3.connect(path, uri=True, timeout=20, isolation_level=None)) as database:
                database.execute("BEGIN")  # one look, whatever is committed meanwhile
                return _rows(lambda sql: database.execute(sql.replace("%s", "?"), [UUID(document).hex]).fetchall())
        with psycopg.connect(self.installation.weft.environment["DATABASE_URL"]) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return _rows(lambda sql: connection.execute(sql.encode(), [UUID(document)]).fetchall())


def _is(process: psutil.Process, word: str) -> bool:
    try:
        return f"weft {word}" in " ".join(process.cmdline()[:4]) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _rows(query: Callable[[str], Sequence[Any]]) -> Rows:
    [(epoch, head, floor)] = query("SELECT epoch, head, floor FROM documents_log WHERE document_id = %s")
    snapshots = query("SELECT epoch, seq, state FROM documents_snapshot WHERE document_id = %s ORDER BY seq")
    entries = query('SELECT seq, author_id, "update" FROM documents_update WHERE document_id = %s ORDER BY seq')
    seq, state = next(((seq, bytes(state)) for e, seq, state in reversed(snapshots) if e == epoch), (0, b"\0\0"))
    return Rows(epoch, head, floor, seq, state, [(seq, author, bytes(update)) for seq, author, update in entries])


@contextmanager
def world(
    database: str, *, lossy: bool = False, powered: bool = False, skewed: bool = False, **settings: str
) -> Iterator[World]:
    """`lossy`: on a Redis of the test's own, which can be disturbed and taken away; else on the embedded Valkey.
    `powered`: on a machine that can lose its power. `skewed`: each process may have a time of its own."""
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))  # short: a unix socket's path is bounded
    points = CrashPoints(home / "points")
    with ExitStack() as stack:
        redis = postgres = power = clocks = None
        if powered:
            power = Power(home / "durable")
            settings |= power.settings
        if skewed:
            clocks = Clocks(home / "clocks")
            stack.callback(clocks.close)
            settings |= clocks.settings
        if lossy:
            redis = LossyRedis(home)
            stack.callback(redis.close)
            settings["REDIS_URL"] = redis.url
        if database == "postgres":
            postgres = stack.enter_context(postgres_server())
            settings |= postgres_settings(postgres)
        weft = stack.enter_context(Weft(home, **{**SETTINGS, **points.settings, **settings}))
        installation = Installation(weft, database)
        installation.set_up(1)
        here = World(installation, points, redis, postgres, power, clocks)
        stack.callback(here.operators_leave)
        yield here
    shutil.rmtree(home, ignore_errors=True)
