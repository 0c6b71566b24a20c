"""The inputs that crash or bloat pycrdt, and other costly ones: refused fast and in little memory."""

import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from collab.protocol.guard import scan, scan_awareness
from collab.protocol.lib0 import MAX_SAFE_INTEGER, ProtocolError, varstring, varuint
from collab.protocol.messages import decode
from collab.protocol.state_vector import decode_state_vector
from tests.collab.protocol.samples import delete, in_root, text, update

MEGABYTE = 1024 * 1024
QUOTES = b'"' + b'\\"' * 300_000 + b"[" * 70

REFUSED: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "nesting bomb": (scan, update(in_root(8, b"\x01" + b"\x75\x01" * 26_600 + b"\x7e"))),
    "nesting bomb of objects": (scan, update(in_root(8, b"\x01" + b"\x76\x01\x01a" * 26_600 + b"\x7e"))),
    "nesting bomb in JSON": (scan, update(in_root(5, varstring("[" * 300_000 + "]" * 300_000)))),
    "JSON of unfinished text": (scan, update(in_root(5, varuint(len(QUOTES)) + QUOTES))),
    "state vector of 8×10⁸ clients": (decode_state_vector, varuint(800_000_000)),
    "update of 8 bytes that claims 10⁸ structs": (scan, b"\x01" + varuint(100_000_000) + b"\x01\x00\x00"),
    "update that claims 10⁸ clients": (scan, varuint(100_000_000) + b"\x01\x01\x00\x00"),
    "10⁸ deletions": (scan, b"\x00\x01\x01" + varuint(100_000_000) + b"\x00\x01"),
    "10⁸ values": (scan, update(in_root(8, varuint(100_000_000) + b"\x7e"))),
    "array of 10⁸": (scan, update(in_root(8, b"\x01\x75" + varuint(100_000_000) + b"\x7e"))),
    "text of 2⁵⁰": (scan, update(in_root(4, varuint(2**50) + b"x"))),
    "clock near 2⁵³": (scan, update(text("x"), clock=MAX_SAFE_INTEGER)),
    "length near 2⁵³": (scan, update(b"\x00" + varuint(MAX_SAFE_INTEGER))),
    "number of a megabyte": (scan, b"\x80" * MEGABYTE),
    "item that is its own parent": (scan, update(b"\x07\x00\x01\x00\x01")),
    "awareness of 10⁹": (scan_awareness, varuint(10**9)),
    "frame that claims a terabyte": (decode, b"\x00\x02" + varuint(2**40) + b"x"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_input_is_refused_within_50_ms_and_20_mb(name: str) -> None:
    read, raw = REFUSED[name]
    assert _cpu_time(read, raw) < 0.05
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            read(raw)
        assert tracemalloc.get_traced_memory()[1] < 20 * MEGABYTE
    finally:
        tracemalloc.stop()


EXPENSIVE = {
    "a megabyte of the smallest structs": update(*[b"\x00\x01"] * 500_000),
    "a megabyte of ranges between holes": update(*[b"\x00\x01", b"\x0a\x01"] * 250_000),
    "a megabyte of deletions": b"\x00" + delete(1, *((2 * n % 64, 1) for n in range(500_000))),
    "a megabyte of clients without structs": varuint(65_000)
    + b"".join(b"\x00" + varuint(n) + b"\x00" for n in range(65_000))
    + b"\x00",
    "a megabyte of values": update(in_root(8, varuint(1_000_000) + b"\x7e" * 1_000_000)),
    "a megabyte of text": update(text("ж" * 500_000)),
}


MEASURE = """
import resource, sys, time
from collab.protocol.guard import scan
from collab.protocol.lib0 import ProtocolError
raw = sys.stdin.buffer.read()
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before, start = peak(), time.process_time()
try:
    scan(raw)
except ProtocolError:
    pass
print(time.process_time() - start, (peak() - before) * (1 if sys.platform == "darwin" else 1024))
"""


@pytest.mark.parametrize("name", EXPENSIVE)
def test_the_worst_megabyte_costs_bounded_time_and_memory(name: str) -> None:
    root = Path(__file__).parents[3]
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE], input=EXPENSIVE[name], capture_output=True, check=True, cwd=root
    )
    seconds, memory = map(float, measured.stdout.split())
    assert seconds < 2
    assert memory < 20 * MEGABYTE


def _cpu_time(read: Callable[[bytes], Any], raw: bytes) -> float:
    """CPU, for the machine has other work too."""
    start = time.process_time()
    with suppress(ProtocolError):
        read(raw)
    return time.process_time() - start
