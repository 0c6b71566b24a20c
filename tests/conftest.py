"""For every test: an embedded Valkey of the session's own, emptied between tests. WEFT_HOME is a temporary folder
(see settings.py beside this file)."""

import os
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from redis import Redis

from collab.launch import valkey


def pytest_configure() -> None:
    # Processes that tests start are ordinary ones; they inherit the temporary WEFT_HOME unless given another.
    os.environ["DJANGO_SETTINGS_MODULE"] = "collab.settings"


@pytest.fixture(scope="session")
def _valkey() -> Iterator[Redis]:
    valkey.prepare(settings.WEFT_HOME)
    server = valkey.child(settings.WEFT_HOME)
    server.start()
    valkey.wait_until_it_answers(settings.WEFT_HOME, server)
    client = Redis.from_url(settings.REDIS_URL)
    yield client
    client.close()
    server.ask_to_end()
    server.ended(time.monotonic() + server.patience)


@pytest.fixture(autouse=True)
def redis(_valkey: Redis) -> Redis:
    """The Redis of sessions, relay, rate limits and jobs: real, and empty at the start of each test."""
    _valkey.flushall()
    return _valkey
