"""A whole Weft under people's load: fan-out, many rooms, a long trace, joins, memory.

    python bench/live.py [--database sqlite|postgres] [--seconds 10] [--only fanout,rooms,trace,join,memory]

As a user runs it (sign-in by token, guard, rights, commit, ack), with the limits of server.env. CPU of all its
processes but PostgreSQL's own, memory of the web process; the clients (`client.py`) share the machine.
"""

import argparse
import asyncio
import itertools
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"  # a home of its own for what is imported below

import django  # noqa: E402
import psutil  # noqa: E402

django.setup()

from bench.client import Client  # noqa: E402
from bench.keystrokes import typing  # noqa: E402
from bench.tables import head, line  # noqa: E402
from collab.protocol import guard  # noqa: E402
from documents import merging  # noqa: E402
from tests.acceptance.installation import Installation, running  # noqa: E402

HEADINGS = ("workload", "server CPU", "delivery p50 / p99", "ack p50 / p99", "reached")


@dataclass
class Bench:
    weft: Installation
    seconds: float

    def cpu(self) -> float:
        """Of the supervisor and all that it started, also what has ended since."""
        total = 0.0
        for process in [psutil.Process(self.weft.weft.process.pid), *self.weft.weft.processes()]:
            used = process.cpu_times()
            total += used.user + used.system + used.children_user + used.children_system
        return total

    def memory(self) -> int:
        return sum(process.memory_info().rss for process in self.weft.processes("web"))

    async def join(self, document: str, state_vector: bytes = b"\x00") -> Client:
        return await Client.join(self.weft.weft.url, document, self.weft.people["ann"]["token"], state_vector)

    @asynccontextmanager
    async def joined(self, document: str, count: int) -> AsyncIterator[list[Client]]:
        clients = [await self.join(document) for _ in range(count)]
        yield clients
        for client in clients:
            await client.leave()


class Watch:
    """Tells when each update of some writers arrived, at one reader among many."""

    def __init__(self) -> None:
        self.sent: dict[tuple[int, int], float] = {}
        self.took: list[float] = []

    def push(self, client: Client, update: bytes) -> None:
        for client_id, clock, _ in guard.scan(update).structs:
            self.sent[client_id, clock] = time.perf_counter()
        client.push(update)

    def see(self, update: bytes) -> None:
        now = time.perf_counter()
        for client_id, clock, length in guard.scan(update).structs:
            for n in range(clock, clock + length):
                began = self.sent.pop((client_id, n), None)
                if began is not None:
                    self.took.append(now - began)


def spread(times: list[float]) -> str:
    if len(times) < 2:
        return "–"
    cuts = quantiles(times, n=100)
    return f"{cuts[49] * 1000:.1f} / {cuts[98] * 1000:.1f} ms"


async def settled(clients: list[Client]) -> None:
    """Everything acknowledged, and nothing more to come."""
    async with asyncio.timeout(120):
        while any(client.waiting for client in clients):  # noqa: ASYNC110 - at the end, of many
            await asyncio.sleep(0.01)
        seen = -1
        while seen != (seen := sum(client.updates for client in clients)):  # noqa: ASYNC110
            await asyncio.sleep(0.3)


async def at_a_rate(bench: Bench, rooms: list[list[Client]], rate: float) -> tuple[int, Watch]:
    """Everybody types, in turns, `rate` keys a second in all."""
    watch = Watch()
    for clients in rooms:
        clients[-1].on_update = watch.see
    numbers = itertools.count(random.randrange(2**20, 2**31))
    # The last of a room reads only, so that nothing it sees is its own.
    hands = [(client, typing(next(numbers))) for clients in rooms for client in (clients[:-1] or clients)]
    turns = itertools.cycle(hands)
    began, count = time.perf_counter(), 0
    while (now := time.perf_counter()) - began < bench.seconds:
        while count < (now - began) * rate:
            client, keys = next(turns)
            watch.push(client, next(keys))
            count += 1
        await asyncio.sleep(0.002)
    await settled([client for clients in rooms for client in clients])
    return count, watch


async def fanout(bench: Bench) -> None:
    for people, rate in ((2, 100), (10, 100), (50, 100), (2, 1_000), (50, 1_000)):
        async with bench.joined(bench.weft.document(), people) as clients:
            before, began = bench.cpu(), time.perf_counter()
            count, watch = await at_a_rate(bench, [clients], rate)
            used, took = bench.cpu() - before, time.perf_counter() - began
            deliveries = count * (people - 1)
            acks = [ack for client in clients for ack in client.acks]
            name = f"one document, N={people}, {rate:,} updates/s"
            reached = f"{count / took:,.0f} updates/s"
            line(name, f"{used / deliveries * 1e6:.0f} µs a delivery", spread(watch.took), spread(acks), reached)


async def rooms(bench: Bench) -> None:
    documents = [bench.weft.document() for _ in range(100)]
    opened = [[await bench.join(document) for _ in range(3)] for document in documents]
    before, began = bench.cpu(), time.perf_counter()
    count, watch = await at_a_rate(bench, opened, 500)
    used, took = bench.cpu() - before, time.perf_counter() - began
    everybody = [client for clients in opened for client in clients]
    acks = [ack for client in everybody for ack in client.acks]
    reached = f"{count / took:,.0f} updates/s"
    cost = f"{used / count / 2 * 1e6:.0f} µs a delivery"
    line("100 documents × 3, 500 updates/s", cost, spread(watch.took), spread(acks), reached)
    for client in everybody:
        await client.leave()


async def trace(bench: Bench, edits: int = 50_000) -> None:
    """As fast as it goes, with 500 keys under way; the clients' part is about as large as the server's."""
    async with bench.joined(bench.weft.document(), 6) as clients:
        writer = clients[0]
        before, began = bench.cpu(), time.perf_counter()
        for update in itertools.islice(typing(), edits):
            writer.push(update)
            while writer.waiting > 500:
                writer.acked.clear()
                await writer.acked.wait()
        await settled(clients)
        used, took = bench.cpu() - before, time.perf_counter() - began
        cost = f"{used / edits * 1e6:.0f} µs an edit"
        line(
            f"trace of {edits:,} keys to 5 readers, saturated",
            cost,
            "–",
            spread(writer.acks),
            f"{edits / took:,.0f} keys/s",
        )


async def join(bench: Bench) -> None:
    for keys in (10_000, 100_000):
        document = bench.weft.document()
        whole = merging.merge(list(itertools.islice(typing(), keys)))
        writer = await bench.join(document)
        writer.push(whole)
        await settled([writer])
        for cold in (False, True):
            if cold:
                await writer.leave()
            taken = []
            before = bench.cpu()
            for _ in range(20):
                if cold:
                    await asyncio.sleep(0.05)  # the room closes with the last who leaves
                began = time.perf_counter()
                client = await bench.join(document)
                taken.append(time.perf_counter() - began)
                assert client.bytes > len(whole) / 20
                await client.leave()
            used = (bench.cpu() - before) / 20
            name = f"join {client.bytes / 1000:,.0f} KB, {'nobody there' if cold else 'open room'}"
            line(name, f"{used * 1000:.1f} ms a join", spread(taken), "–", "–")


async def memory(bench: Bench) -> None:
    documents = [bench.weft.document() for _ in range(200)]
    before = bench.memory()
    clients = [await bench.join(document) for document in documents for _ in range(4)]
    await asyncio.sleep(1)
    grown = (bench.memory() - before) / len(clients)
    name = "200 open documents, 800 connections"
    line(name, "–", "–", "–", f"{bench.memory() / 1e6:.0f} MB in the web process, {grown / 1000:.0f} KB a connection")
    for client in clients:
        await client.leave()


WORKLOADS: dict[str, Callable[[Bench], Coroutine[Any, Any, None]]] = {
    "fanout": fanout,
    "rooms": rooms,
    "trace": trace,
    "join": join,
    "memory": memory,
}


def limits() -> Iterator[tuple[str, str]]:
    for text in (ROOT / "bench/server.env").read_text().splitlines():
        if text and not text.startswith("#"):
            name, _, value = text.partition("=")
            yield name, value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--only", default=",".join(WORKLOADS))
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="weft-bench-", dir="/tmp"))
    try:
        with running(home, given.database, documents=320, **dict(limits())) as installation:
            head(*HEADINGS)
            for name in given.only.split(","):
                asyncio.run(WORKLOADS[name](Bench(installation, given.seconds)))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
