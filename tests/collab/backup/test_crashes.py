"""kill -9 amid a backup or a restore, at each thing they do to the file system."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ROOT, environment, migrated_home


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    (folder / "home").mkdir()
    yield migrated_home(folder / "home")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(300)
def test_wherever_it_is_cut_short_one_of_both_databases_is_whole_and_in_place(home: Path) -> None:
    driver = [sys.executable, "-m", "tests.collab.backup.crashing"]
    done = subprocess.run(driver, env=environment(home), cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr

    seen = json.loads(done.stdout.splitlines()[-1])

    assert seen["backup"] > 5
    after = seen["restore"]
    assert len(after) > 20
    assert after == sorted(after, reverse=True), "the old one until the moment it is the new one"
    assert set(after) == {2, 1}
