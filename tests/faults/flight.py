"""A flight: many seeds at once through one running Weft. See the package's docstring for how a scenario uses it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.acceptance.client import until
from tests.faults import oracle
from tests.faults.lines import Line
from tests.faults.oracle import Replica, Rows
from tests.faults.raw import RAW
from tests.faults.workload import SPARE, YJS, Desk, Hosted, Pace, Participant, Scripted
from tests.faults.world import World

Crew = Callable[[random.Random], Sequence[str]]
"""Which kinds of clients write in one seed's document."""

Prepare = Callable[["Case", int, Line], None]
"""What is done to the line of a seed's n-th client before it connects."""

SAMPLE_SECONDS = 0.1
MEASURE_SECONDS = 1.0
UNSAVED = 8_000_000
"""A document's edits while the database is away: LIMIT_UNSAVED_BYTES."""
BOUNDS = {"web process bytes": 400_000_000, "queue_bytes_longest": 2 * 1_100_000}
"""I7. What waits for one client is LIMIT_OUTBOX_BYTES and the frame that passes it, in each of two processes."""


def mixed(chance: random.Random) -> Sequence[str]:
    """Our provider, an unmodified client, and two that speak in frames or requests."""
    return ["weft", chance.choice(YJS[1:]), "raw socket", chance.choice(["raw sse", "raw poll", "raw hocuspocus"])]


class Broken(AssertionError):
    """What Weft promises does not hold."""


class Restless(AssertionError):
    """They haven't come to agree in time."""


@dataclass
class Case:
    """One seed: a document, those who write in it, and the network of each."""

    seed: int
    document: str
    chance: random.Random
    participants: list[Participant] = field(default_factory=list)
    lines: dict[str, Line] = field(default_factory=dict)
    seen: Rows | None = None
    outsiders: list[Scripted] = field(default_factory=list)
    """Clients that lose their right to write on the way: they needn't agree in the end."""
    forbidden: list[tuple[str, Sequence[bytes]]] = field(default_factory=list)
    """(whose, updates) that must not be in the log: I4."""

    @property
    def hosted(self) -> list[Hosted]:
        return [each for each in self.participants if isinstance(each, Hosted)]

    @property
    def scripted(self) -> list[Scripted]:
        return [each for each in self.participants if isinstance(each, Scripted)]

    @property
    def made(self) -> list[bytes]:
        return [update for each in self.participants for update in each.made]

    def accepted(self, rows: Rows) -> list[bytes]:
        """All that was made, and of outsiders what got in while they might."""
        return self.made + [update for each in self.outsiders for update in each.made if rows.holds(update)]

    @property
    def all_is_saved(self) -> bool:
        return all(each.all_is_saved for each in self.participants)


@dataclass
class Totals:
    """Of one flight, for the table in docs/reliability.md."""

    scenario: int
    title: str
    seeds: int
    made: int = 0
    acknowledged: int = 0
    faults: int = 0
    lost: int = 0
    samples: int = 0
    seconds: float = 0.0

    def note(self) -> None:
        if path := os.environ.get("WEFT_FAULTS_LEDGER"):
            with Path(path).open("a") as ledger:
                ledger.write(json.dumps(self.__dict__) + "\n")


class Flight:
    def __init__(self, world: World, desk: Desk, seeds: range, totals: Totals, replay: str) -> None:
        self.world, self.desk, self.seeds = world, desk, seeds
        self.chance = random.Random(f"{totals.scenario} {seeds[0]}")
        self.cases: list[Case] = []
        self.totals, self._replay = totals, replay
        self._broken: list[str] = []
        self._most: dict[str, float] = {}
        self._began = time.monotonic()
        self.has_landed = False

    # --- before ---

    async def board(
        self, crew: Crew, pace: Pace | None = None, *, prepare: Prepare = lambda *_: None, wait: bool = True
    ) -> None:
        """Open a document for each seed, and its clients in it. `prepare` may spoil a client's line before it connects;
        `wait`: until all are in step."""
        self._pace = pace or Pace()
        self._prepare = prepare
        await self.open_documents()
        kinds = {case.seed: crew(case.chance) for case in self.cases}
        wanted = [
            (case.seed * 100 + n, self._pace.edits + SPARE)
            for case in self.cases
            for n, kind in enumerate(kinds[case.seed])
            if kind in RAW
        ]
        scripts = iter(await self.desk.scripts(wanted))
        for case in self.cases:
            for n, kind in enumerate(kinds[case.seed]):
                script = next(scripts) if kind in RAW else []
                await self._join(case, n, kind, "ann" if n % 2 == 0 else "ben", script)
        everybody = [each for case in self.cases for each in case.participants]
        if wait:
            await until(lambda: all(each.is_in_step for each in everybody), 60, "everybody is in step")

    async def open_documents(self) -> None:
        """One for each seed, if there are none yet."""
        if self.cases:
            return
        documents = await self.world.documents(len(self.seeds))
        for seed, document in zip(self.seeds, documents, strict=True):
            self.cases.append(Case(seed, document, random.Random(f"{self.totals.scenario} {seed}")))

    async def admit(self, case: Case, kind: str, headers: dict[str, str], edits: int) -> Scripted:
        """One more, with a proof of its own, who will lose it."""
        number = 50 + len(case.outsiders)
        [script] = await self.desk.scripts([(case.seed * 100 + number, edits)])
        raw = RAW[kind](self.world.url, case.document, seed=case.seed * 100 + number, headers={**headers})
        await raw.start()
        outsider = Scripted(f"{self.totals.scenario}.{case.seed}.{number}", kind, raw, script)
        case.outsiders.append(outsider)
        await until(lambda: outsider.is_in_step or raw.closed, 30, f"{outsider.kind} {outsider.name} is in step")
        assert raw.closed is None, f"{outsider.kind} {outsider.name} is refused: {raw.codes}, {raw.closed}"
        return outsider

    async def _join(self, case: Case, number: int, kind: str, who: str, script: Sequence[bytes]) -> None:
        line = await Line(self.world.url).open()
        self._prepare(case, number, line)
        name = f"{self.totals.scenario}.{case.seed}.{number}"
        participant: Participant
        if kind in RAW:
            raw = RAW[kind](line.url, case.document, self.world.token(who), seed=case.seed * 100 + number)
            await raw.start()
            participant = Scripted(name, kind, raw, script)
        else:
            participant = Hosted(name, kind, self.desk, line.url, case.document, self.world.token(who))
            await self.desk.open(participant)
        case.participants.append(participant)
        case.lines[name] = line

    # --- during ---

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Everybody writes by a schedule of their own. Meanwhile, I3 and I6 are sampled."""
        writers = [
            asyncio.create_task(each.write(case.seed * 100 + n, self._pace))
            for case in self.cases
            for n, each in enumerate(case.participants)
        ]
        watching = asyncio.create_task(self._watch())
        try:
            yield
            await asyncio.gather(*writers)
        finally:
            for task in (watching, *writers):
                task.cancel()
            await asyncio.gather(watching, *writers, return_exceptions=True)
        if not watching.cancelled() and (fault := watching.exception()) is not None:
            raise fault

    async def moment(self, least: float, most: float) -> None:
        """The random moment, of a fault that strikes the whole flight."""
        await asyncio.sleep(self.chance.uniform(least, most))

    async def each(self, act: Callable[[Case], Awaitable[None]]) -> None:
        """The same in every seed, each by its own chance."""
        await asyncio.gather(*(act(case) for case in self.cases))

    def injected(self, happened: bool = True, count: int = 1) -> None:
        self.totals.faults += count if happened else 0

    async def look(self, case: Case) -> None:
        """I3 and I6 at this instant: what was promised before is there now."""
        promised = {each.name: list(each.promised) for each in [*case.participants, *case.outsiders]}
        try:
            rows = await asyncio.to_thread(self.world.rows, case.document)
        except (sqlite3.OperationalError, psycopg.OperationalError):
            return  # the database is what was taken away
        self.totals.samples += 1
        for name, updates in promised.items():
            self._breach(case, oracle.promises_are_kept(rows, updates, name))
        self._breach(case, oracle.numbers_hold(rows, case.seen))
        case.seen = rows

    async def _watch(self) -> None:
        measured = 0.0
        while True:
            if time.monotonic() > measured + MEASURE_SECONDS:
                measured = time.monotonic()
                for name, seen in (await asyncio.to_thread(self.world.measures)).items():
                    self._most[name] = max(seen, self._most.get(name, 0.0))
            for case in self.cases:
                await self.look(case)
                await asyncio.sleep(SAMPLE_SECONDS / len(self.cases) if self.cases else SAMPLE_SECONDS)

    # --- after ---

    async def land(self, *, within: float = 60) -> None:
        """Wait until all is saved and everybody agrees, then judge."""
        try:
            replicas = await self.settled(within)
            await self._judge(replicas)
            self._broken += oracle.bounds_hold(self._most, {**BOUNDS, "unsaved_bytes": UNSAVED * len(self.cases)})
        finally:
            everybody = [each for case in self.cases for each in [*case.participants, *case.outsiders]]
            self.totals.made = sum(len(each.made) for each in everybody)
            self.totals.acknowledged = sum(len(each.promised) for each in everybody)
            self.totals.lost = sum("LOST" in fault for fault in self._broken)
            self.totals.seconds = time.monotonic() - self._began
            self.totals.note()
        self.has_landed = not self._broken
        if self._broken:
            raise Broken("\n".join([*self._broken[:20], "", f"Replay: {self._replay}"]))

    async def close(self) -> None:
        # Lines first: over one that is held, a client that leaves in good order would wait for ever.
        for case in self.cases:
            for line in case.lines.values():
                await line.close()
        await self.desk.leave([each for case in self.cases for each in case.hosted])
        raw = [each.raw for case in self.cases for each in [*case.scripted, *case.outsiders]]
        await asyncio.gather(*(each.stop() for each in raw))

    async def settled(self, within: float = 60) -> dict[int, list[Replica]]:
        """Replicas of each case, once nobody has anything to say any more: Yjs tidies formats up after remote changes,
        which makes further updates, so equality is looked for until it stays."""
        deadline = time.monotonic() + within
        done: dict[int, list[Replica]] = {}
        while True:
            left = [case for case in self.cases if case.seed not in done]
            saved = [case for case in left if case.all_is_saved]
            for case, replicas in zip(saved, await self._replicas(saved), strict=True):
                if case.all_is_saved and not _differences(case, replicas):
                    done[case.seed] = replicas
            if len(done) == len(self.cases):
                return done
            if time.monotonic() > deadline:
                await self._explain([case for case in self.cases if case.seed not in done])
            await asyncio.sleep(0.1)

    async def _replicas(self, cases: Sequence[Case]) -> list[list[Replica]]:
        """Of each case: first those of living Docs, then those made of raw clients' bytes."""
        living = await self.desk.replicas([each for case in cases for each in case.hosted])
        raw = [each for case in cases for each in case.scripted]
        made = dict(
            zip([each.name for each in raw], await self.desk.read([[each.raw.state] for each in raw]), strict=True)
        )
        return [
            [*(living[each.name] for each in case.hosted), *(_called(made[each.name], each) for each in case.scripted)]
            for case in cases
        ]

    async def _explain(self, cases: Sequence[Case]) -> None:
        for case, replicas in zip(cases, await self._replicas(cases), strict=True):
            for each in case.participants:
                if not each.all_is_saved:
                    self._breach(case, [_unsaved(each)])
            self._breach(case, _differences(case, replicas))
            self._breach(case, [f"{each.kind} {each.name}: {each.raw.how_it_is}" for each in case.scripted])
        if any("LOST" in fault for fault in self._broken):
            raise Broken("\n".join([*self._broken[:20], "", f"Replay: {self._replay}"]))
        raise Restless("\n".join(["Never came to rest:", *self._broken[:20], "", f"Replay: {self._replay}"]))

    async def _judge(self, replicas: dict[int, list[Replica]]) -> None:
        faults = await self.world.operate("faults", documents=[case.document for case in self.cases])
        # What was said before the rows are read: an unmodified client may still tidy up a format afterwards.
        everybody = [each for case in self.cases for each in [*case.participants, *case.outsiders]]
        promised = {each.name: list(each.promised) for each in everybody}
        cursors = {each.name: list(each.raw.cursors) for case in self.cases for each in case.scripted}
        rows = await asyncio.to_thread(lambda: [self.world.rows(case.document) for case in self.cases])
        stored = await self.desk.read([[each.state] for each in rows])
        accepted = await self.desk.read(
            [case.accepted(log) or [b"\0\0"] for case, log in zip(self.cases, rows, strict=True)]
        )
        for case, log, fresh, merged in zip(self.cases, rows, stored, accepted, strict=True):
            held = replicas[case.seed]
            self._breach(case, oracle.a_fresh_reader_agrees(fresh, held))
            self._breach(case, oracle.nobody_waits([*held, fresh]))
            self._breach(case, oracle.numbers_hold(log, case.seen))
            self._breach(case, oracle.the_log_is_the_merge(fresh, merged))
            self._breach(case, [f"I6: verify_documents: {fault}" for fault in faults[case.document]])
            for each in [*case.participants, *case.outsiders]:
                self._breach(case, oracle.promises_are_kept(log, promised[each.name], each.name))
            for scripted in case.scripted:
                if 500 in scripted.raw.codes:
                    self._breach(case, [f"{scripted.kind} {scripted.name} was answered 500, and nothing said why"])
                self._breach(case, oracle.cursors_rise(cursors[scripted.name], log, scripted.name))
            for whose, updates in case.forbidden:
                self._breach(case, oracle.nobody_else_wrote(log, updates, whose))

    def _breach(self, case: Case, faults: Iterable[str]) -> None:
        self._broken += [f"seed {case.seed}: {fault}" for fault in faults]


def _called(replica: Replica, by: Participant) -> Replica:
    return Replica(
        f"{by.kind} {by.name}", replica.content, replica.vector, replica.state, replica.snapshot, replica.waits
    )


def _unsaved(each: Participant) -> str:
    about = each.about if isinstance(each, Hosted) else {"in step": each.is_in_step}
    return f"{each.kind} {each.name} has {len(each.promised)} of {len(each.made)} saved, {about}, {list(each.codes)}"


def _differences(case: Case, replicas: Sequence[Replica]) -> list[str]:
    living = replicas[: len(case.hosted)]
    return oracle.replicas_agree(living) + oracle.replicas_agree(
        [*living[:1], *replicas[len(case.hosted) :]], deletions=False
    )
