import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.installation import Installation, running
from tests.acceptance.lossy_redis import LossyRedis


def _home() -> Path:
    return Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))  # short: a unix socket's path is bounded


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def weft(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """Two web processes on a fresh database of each kind, for the tests of one module."""
    home = _home()
    with running(home, request.param, documents=80, WEB_WORKERS="2", LIMIT_UPDATES_PER_SECOND="10000") as installation:
        yield installation
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def fresh() -> Iterator[Installation]:
    """The default installation, SQLite and embedded Valkey, with two web processes: to kill things in."""
    home = _home()
    with running(home, "sqlite", documents=120, WEB_WORKERS="2", LIMIT_UPDATES_PER_SECOND="10000") as installation:
        yield installation
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def lossy() -> Iterator[tuple[Installation, LossyRedis]]:
    """Two web processes on a Redis that can lose messages, and be taken away."""
    home = _home()
    redis = LossyRedis(home)
    with running(home, "sqlite", documents=10, WEB_WORKERS="2", REDIS_URL=redis.url) as installation:
        yield installation, redis
    redis.close()
    shutil.rmtree(home, ignore_errors=True)
