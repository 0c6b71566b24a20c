import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A WEFT_HOME with a short path; pytest's own temporary folders are too deep for a socket."""
    path = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)
