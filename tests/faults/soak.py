"""A soak: rooms in which people come, write by every kind of client, and go, while web processes, the worker and Valkey
are killed at random. In the end all that was called saved is there, every document verifies, and nothing has grown.

    ./run manage soak --minutes 30

A room is one document after the other: after some visits its document is judged, compacted and trimmed, as the worker
does it a quarter of an hour later, and stays behind. So what is measured doesn't grow with the length of the soak.
Everything runs on a home of its own under /tmp.
"""

from __future__ import annotations

import tests.settings  # noqa: F401  # isort: skip  # first: what the operator's own environment says is not for here

import argparse
import asyncio
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from typing import Any

import django
import psutil
import psycopg
from redis import Redis
from redis.exceptions import RedisError

from collab.launch.home import valkey_socket
from tests.acceptance.client import until
from tests.faults import oracle
from tests.faults.flatness import Course, Measure, courses
from tests.faults.injection import kill
from tests.faults.raw import RAW
from tests.faults.workload import KINDS, Desk, Hosted, Pace, Participant, Scripted
from tests.faults.world import World, world
from tests.running import MANAGE

SAMPLE_SECONDS = 4.0
KILL_SECONDS = (20.0, 40.0)
VISITS = (4, 24)
"""To one document: so many that the worker compacts some of them, too, and not as many to each, or all rooms would be
new at the same time."""
MOST_VISITORS = 3
PACE = Pace(edits=10, least=0.2, most=1.0)
PATIENCE = 60.0
MEGABYTE = 1e6

_FAMILY = re.compile(r"[0-9a-zA-Z_-]*[0-9][0-9a-zA-Z_-]*")

MEASURES = (
    Measure("web, largest process (MB)", 0.10, 15 * MEGABYTE, MEGABYTE),
    Measure("worker (MB)", 0.10, 15 * MEGABYTE, MEGABYTE),
    Measure("supervisor (MB)", 0.05, 5 * MEGABYTE, MEGABYTE),
    Measure("Valkey (MB)", 0.10, 5 * MEGABYTE, MEGABYTE),
    Measure("descriptors", 0.15, 20),
    Measure("Redis keys", 0.15, 50),
    Measure("entries in the log", 0.20, 500),
    Measure("lines said in a minute", 0.25, 200),
)

SETTINGS: dict[str, Any] = {
    # A day's rest for entries that a snapshot covers would let the log grow all the time.
    "LIMIT_ENTRIES_KEPT_SECONDS": "60",
}


class Soak:
    def __init__(self, here: World, desk: Desk, rooms: int, seed: int) -> None:
        self.here, self.desk, self.rooms, self.seed = here, desk, rooms, seed
        self.chance = random.Random(f"soak {seed}")
        self.over = False
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        self.samples: list[dict[str, float]] = []
        self.families: Counter[str] = Counter()
        """Of Redis' keys, as seen last: what varies in them left out."""
        self._numbers = 0
        self._said = (time.monotonic(), 0)

    async def run(self, seconds: float) -> None:
        until_when = time.monotonic() + seconds
        rooms = [asyncio.create_task(self._room(number)) for number in range(self.rooms)]
        others = [asyncio.create_task(act()) for act in (self._kills, self._samples, self._tells)]
        try:
            while time.monotonic() < until_when and not any(task.done() for task in [*rooms, *others]):
                await asyncio.sleep(0.2)
            self.over = True
            await asyncio.gather(*rooms)
        finally:
            for task in [*rooms, *others]:
                task.cancel()
            ended = await asyncio.gather(*rooms, *others, return_exceptions=True)
        for fault in ended:
            if isinstance(fault, Exception):
                raise fault

    # --- people ---

    async def _room(self, number: int) -> None:
        chance = random.Random(f"soak {self.seed} {number}")
        await asyncio.sleep(chance.uniform(0, 5))
        while not self.over:
            [document] = await self.here.documents(1)
            promised: list[tuple[str, bytes]] = []
            for _ in range(chance.randint(*VISITS)):
                if not self.over:
                    visits = [self._visit(document, chance) for _ in range(chance.randint(1, MOST_VISITORS))]
                    for name, updates in await asyncio.gather(*visits):
                        promised += ((name, update) for update in updates)
            await self._judge(document, promised)

    async def _visit(self, document: str, chance: random.Random) -> tuple[str, Sequence[bytes]]:
        self._numbers += 1
        kind, number = chance.choice(KINDS), self._numbers
        name, who = f"soak.{number} ({kind})", chance.choice(["ann", "ben"])
        await asyncio.sleep(chance.uniform(0, 2))
        visitor: Participant
        if kind in RAW:
            [script] = await self.desk.scripts([(self.seed * 1_000_000 + number, PACE.edits)])
            raw = RAW[kind](self.here.url, document, self.here.token(who), seed=number)
            await raw.start()
            visitor = Scripted(name, kind, raw, script)
        else:
            visitor = Hosted(name, kind, self.desk, self.here.url, document, self.here.token(who))
            await self.desk.open(visitor)
        try:
            await self._waits(lambda: visitor.is_in_step, f"{name} never came in")
            await visitor.write(number, PACE)
            # A Hocuspocus client that was settled in place may count one answer more than it gets.
            if visitor.acknowledges and kind != "raw hocuspocus":
                await self._waits(lambda: visitor.all_is_saved, f"{name} never had all of it saved")
            else:
                await self._arrives(document, visitor)
        finally:
            if isinstance(visitor, Scripted):
                await visitor.raw.stop()
            elif isinstance(visitor, Hosted):
                await self.desk.leave([visitor])
        self.counts["visits"] += 1
        self.counts["updates"] += len(visitor.made)
        self.counts["acknowledged"] += len(visitor.promised)
        return name, list(visitor.promised)

    async def _arrives(self, document: str, visitor: Participant) -> None:
        """Of who can't be told, the database says whether all has come; who left earlier might take a part along."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(sqlite3.OperationalError, psycopg.OperationalError):
                rows = await asyncio.to_thread(self.here.rows, document)
                if all(map(rows.holds, visitor.made)):
                    return
            await asyncio.sleep(0.5)
        self.broken.append(f"{visitor.name}: not all that it made is stored within {PATIENCE:g} s")

    async def _waits(self, question: Callable[[], bool], otherwise: str) -> None:
        try:
            await until(question, PATIENCE)
        except AssertionError:
            self.broken.append(f"{otherwise} within {PATIENCE:g} s")

    async def _judge(self, document: str, promised: Sequence[tuple[str, bytes]]) -> None:
        while True:
            try:
                rows = await asyncio.to_thread(self.here.rows, document)
                break
            except (sqlite3.OperationalError, psycopg.OperationalError):
                await asyncio.sleep(0.5)
        self.counts["documents"] += 1
        for name in {name for name, _ in promised}:
            found = oracle.promises_are_kept(rows, [update for by, update in promised if by == name], name)
            self.counts["lost"] += len(found)
            self.broken += found
        self.broken += oracle.numbers_hold(rows)
        [fresh] = await self.desk.read([[rows.state]])
        self.broken += oracle.nobody_waits([fresh])
        await self.here.operate("compact", document=document)
        await self.here.operate("trim", document=document)

    # --- faults ---

    async def _kills(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(*KILL_SECONDS))
            of = self.chance.choice([self.here.web, self.here.web, self.here.worker, self.here.valkey])
            processes = of()
            if processes and kill(self.chance.choice(processes)):
                self.counts[f"kills of {of.__name__}"] += 1

    # --- numbers ---

    async def _samples(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            sample = await asyncio.to_thread(self._sample)
            if sample:
                self.samples.append(sample)

    def _sample(self) -> dict[str, float]:
        """Empty when somebody is just being replaced."""
        weft = self.here.installation.weft
        try:
            web, worker, valkey = self.here.web(), self.here.worker(), self.here.valkey()
            supervisor = psutil.Process(weft.process.pid)
            with closing(Redis(unix_socket_path=str(valkey_socket(weft.home)))) as redis:
                families = Counter(
                    _FAMILY.sub("…", key.decode(errors="replace")) for key in redis.scan_iter(count=1000)
                )
            entries = self.here.count("SELECT count(*) FROM documents_update")
            found = {
                "web, largest process (MB)": max(process.memory_info().rss for process in web),
                "worker (MB)": max(process.memory_info().rss for process in worker),
                "supervisor (MB)": supervisor.memory_info().rss,
                "Valkey (MB)": max(process.memory_info().rss for process in valkey),
                "descriptors": sum(process.num_fds() for process in [supervisor, *web, *worker, *valkey]),
                "Redis keys": families.total(),
                "entries in the log": entries,
            }
        except (psutil.Error, RedisError, OSError, ValueError, sqlite3.OperationalError, psycopg.OperationalError):
            return {}
        self.families = families
        now, said = time.monotonic(), weft.output.count("\n")
        before_at, before = self._said
        self._said = (now, said)
        return {**found, "lines said in a minute": (said - before) / (now - before_at) * 60}

    async def _tells(self) -> None:
        while True:
            await asyncio.sleep(60)
            now = self.samples[-1] if self.samples else {}
            print(f"{dict(self.counts)} {now}", file=sys.stderr, flush=True)


def table(soak: Soak, minutes: float, found: Sequence[Course], verified: str) -> str:
    counts = soak.counts
    kills = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()) if name.startswith("kills"))
    lines = [
        f"{minutes:g} minutes, {soak.rooms} rooms, {soak.here.installation.database}, seed {soak.seed}: "
        f"{counts['visits']:,} visits to {counts['documents']:,} documents, {counts['updates']:,} updates, "
        f"{counts['acknowledged']:,} acknowledged, lost: {counts['lost']}; {kills or 'nobody killed'}. {verified}",
        "",
        "| measure | first third | middle | last | most | flat |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for course in found:
        numbers = (course.early, course.middle, course.last, course.most)
        shown = " | ".join(f"{number / course.measure.unit:,.0f}" for number in numbers)
        lines.append(f"| {course.measure.name} | {shown} | {'yes' if course.flat else '**no**'} |")
    if not found:
        lines.append("| (too short to tell) | | | | | |")
    lines += ["", "Redis keys at the end: " + ", ".join(f"{n} {name}" for name, n in soak.families.most_common(8))]
    return "\n".join(lines)


async def soaked(here: World, rooms: int, seconds: float, seed: int) -> Soak:
    desk = await Desk().start()
    try:
        soak = Soak(here, desk, rooms, seed)
        await soak.run(seconds)
        return soak
    finally:
        await desk.stop()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run manage soak", description="Soaks a Weft of its own, and judges it.")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rooms", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    chosen = parser.parse_args(arguments)
    django.setup()
    with world(chosen.database, **SETTINGS) as here:
        soak = asyncio.run(soaked(here, chosen.rooms, chosen.minutes * 60, chosen.seed))
        environment = here.installation.weft.environment
        verifying = subprocess.run(
            [*MANAGE, "verify_documents", "--with-yjs"], env=environment, capture_output=True, text=True, check=False
        )
    found = courses(soak.samples, MEASURES)
    print(table(soak, chosen.minutes, found, (verifying.stdout + verifying.stderr).strip().replace("\n", " ")))
    faults = [*soak.broken, *(f"{course.measure.name} is not flat" for course in found if not course.flat)]
    if verifying.returncode:
        faults.append("verify_documents found faults")
    for fault in faults[:50]:
        print(f"- {fault}")
    print(f"\n{'Passed' if not faults else f'FAILED: {len(faults)} faults'}.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
