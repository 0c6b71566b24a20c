"""Pure code: no database, no Redis."""

import pytest


@pytest.fixture(autouse=True)
def redis() -> None:
    """Instead of the one every other test gets: nothing here needs it."""
