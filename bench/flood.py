"""What a flooder costs its neighbours: p99 of their acks beside one, over p99 without.

    python bench/flood.py                     # ten writers at ten edits a second, alone and beside a flooder
    python bench/flood.py --seconds 30 --with 5

A real Weft with its default limits, one web process, SQLite. Each flooder, a process of its own, sends several hundred
edits and carets a second into the same document as half of the writers. The others write in another document. Both are
measured in turn, three times; the ratio is the medians'. A lenient test of the same: `test_how_often` in
tests/acceptance/test_limits.py.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.acceptance.client import SocketClient, until  # noqa: E402
from tests.acceptance.installation import Installation, running  # noqa: E402

WRITERS = 10
PACE = 0.1
FLOOD_PACE = 0.001
"""Still some hundred edits and carets a second, of which the limits allow sixty and a hundred."""


async def write(client: SocketClient, seconds: float) -> list[float]:
    """Types, and measures each ack."""
    took = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        await client.type("x")
        await until(lambda: client.all_saved)
        took.append(time.perf_counter() - began)
        await asyncio.sleep(max(0.0, PACE - took[-1]))
    return took


async def flood(url: str, document: str, token: str) -> None:
    os.nice(10)  # what it costs itself is not what is measured
    client = SocketClient(url, document, token)
    await client.opened()
    number = 0
    while True:
        await client.type("flood " * 20)
        number += 1
        await client.move(client.random.getrandbits(30), number, {"cursor": number})
        await asyncio.sleep(FLOOD_PACE)


async def measure(weft: Installation, flooders: int, seconds: float) -> dict[str, float]:
    """p50 and p99 in milliseconds, of those in the flooded document and of the others."""
    flooded, other = weft.document(), weft.document()
    writers = []
    for number in range(WRITERS):
        client = weft.client("ann" if number % 4 < 2 else "ben", flooded if number % 2 else other, seed=number)
        assert isinstance(client, SocketClient)
        writers.append(await client.opened())
    command = [sys.executable, __file__, "--flood", weft.weft.url, flooded, weft.people["ben"]["token"]]
    sources = [await asyncio.create_subprocess_exec(*command) for _ in range(flooders)]
    try:
        if sources:  # it has begun
            await until(lambda: "flood" in writers[1].text)
        acks = await asyncio.gather(*(write(client, seconds) for client in writers))
    finally:
        for source in sources:
            source.kill()
            await source.wait()
        await asyncio.gather(*(client.stop() for client in writers))
    found = {}
    for where, mine in (("same document", acks[1::2]), ("other document", acks[0::2])):
        sorted_acks = sorted(took for one in mine for took in one)
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            found[f"{where}, {name}"] = round(sorted_acks[int(len(sorted_acks) * share)] * 1000, 2)
    return found


async def compare(weft: Installation, flooders: int, seconds: float) -> dict[str, dict[str, float]]:
    await measure(weft, 0, 1.0)
    rounds = [(await measure(weft, 0, seconds), await measure(weft, flooders, seconds)) for _ in range(3)]
    alone, beside = ({name: median(each[which][name] for each in rounds) for name in rounds[0][0]} for which in (0, 1))
    return {
        "alone": alone,
        f"beside {flooders} flooders": beside,
        "ratio": {name: round(beside[name] / alone[name], 2) for name in alone},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--with", type=int, default=1, dest="flooders")
    parser.add_argument("--flood", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.flood:
        asyncio.run(flood(*options.flood))
        return
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    with running(home, "sqlite", documents=20, LIMIT_SOCKETS_PER_USER_DOCUMENT="20") as weft:
        print(json.dumps(asyncio.run(compare(weft, options.flooders, options.seconds)), indent=2))


if __name__ == "__main__":
    main()
