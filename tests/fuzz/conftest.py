"""Bytes by the thousand: no database, no Redis, and one Node with real Yjs for all of them."""

from collections.abc import Iterator

import pytest

from tests.fuzz.judge import Judge


@pytest.fixture(autouse=True)
def redis() -> None:
    """Instead of the one every other test gets: nothing here needs it."""


@pytest.fixture(scope="module")
def yjs() -> Iterator[Judge]:
    with Judge() as judge:
        yield judge
