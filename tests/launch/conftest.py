import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import migrated_home


@pytest.fixture
def empty_home() -> Iterator[Path]:
    """A WEFT_HOME with a short path; pytest's own temporary folders are too deep for a socket."""
    path = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def home(empty_home: Path) -> Path:
    """One whose database is up to date already: migrating takes longer than the rest of a start."""
    return migrated_home(empty_home)
