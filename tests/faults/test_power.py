"""The power cut can lose something: what SQLite calls committed without having synced it."""

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.power import COMPILER, Power

COMMIT_AND_DIE = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA journal_mode=WAL")
database.execute(f"PRAGMA synchronous={sys.argv[2]}")
database.execute("CREATE TABLE said (what TEXT)")
database.execute("PRAGMA wal_checkpoint")
for number in range(20):
    database.execute("INSERT INTO said VALUES (?)", [str(number)])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(COMPILER is None, reason="apt-get install gcc libc6-dev")
@pytest.mark.parametrize("synchronous", ["FULL", "NORMAL"])
def test_a_commit_outlives_a_power_cut_only_if_it_was_synced(tmp_path: Path, synchronous: str) -> None:
    power, file = Power(tmp_path / "durable"), tmp_path / "weft.sqlite3"
    subprocess.run([sys.executable, "-c", COMMIT_AND_DIE, str(file), synchronous], env={**os.environ, **power.settings})
    power.lose(tmp_path, random.Random(7))
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("SELECT COUNT(*) FROM said").fetchone()[0]
    assert (found == 20) == (synchronous == "FULL")
