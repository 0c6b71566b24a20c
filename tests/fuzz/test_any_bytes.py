"""Hypothesis' part: fewer inputs, and the smallest that fails. And what any single one may cost."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz.properties import WAYS, spoken

# Found on the way, each a fault once: named in tests/collab/protocol/test_guard.py and test_pycrdt_defects.py.
FOUND = {
    "deletions out of order, lost when merged twice": "0000 000103020b010404",
    "deletions of one client in two lists": "0000 0002040102010400",
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_once_stays_found(name: str) -> None:
    way, raw = spoken(bytes.fromhex(FOUND[name]))
    assert not way(raw)


@pytest.mark.parametrize("number", range(len(WAYS)), ids=[way.__name__ for way, _ in WAYS])
def test_any_bytes_are_read_or_refused_by_name(number: int) -> None:
    @settings(max_examples=400, deadline=None)
    @given(st.integers(0, 2), st.binary(max_size=300))
    @example(0, b"")
    def hold(how: int, data: bytes) -> None:
        way, raw = spoken(bytes((number, how)) + data)
        way(raw)

    hold()


COST = """
import resource, sys, time
from tests.fuzz.grammar import Seeded, maybe_mangled
from tests.fuzz.properties import WAYS
from collab.protocol import guard
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
for seed in range(50):  # what is imported and allocated once
    for way, say in WAYS:
        way(say(Seeded(seed)))
worst_time = worst_growth = (0, b"")
for seed in range(int(sys.argv[1])):
    way, say = WAYS[seed % len(WAYS)]
    raw = maybe_mangled(Seeded(seed), say)
    if seed % 5 == 0:
        raw = raw[:-1] + raw * (20_000 // (len(raw) or 1)) + raw[-1:]
    before, began = peak(), time.process_time()
    way(raw)
    worst_time = max(worst_time, (time.process_time() - began, raw))
    worst_growth = max(worst_growth, (peak() - before, raw))
print(worst_time[0], worst_growth[0], worst_time[1].hex()[:2000], worst_growth[1].hex()[:2000])
"""


def test_no_input_costs_50_ms_of_cpu_or_20_mb() -> None:
    """In a process of its own: what a process has needed before hides what it needs now."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-W", "error", "-c", COST, "6000"]
    said = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout.split(" ")
    assert float(said[0]) < 0.05, said[2]
    assert int(said[1]) < 20_000_000, said[3]
