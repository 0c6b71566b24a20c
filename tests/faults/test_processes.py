"""Web processes that stand still, are replaced, have another time, or are one Weft too many."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.client import until
from tests.faults import clocks
from tests.faults.flight import Case, Flight, mixed
from tests.faults.injection import LOOP_POINTS, stopped
from tests.faults.workload import Pace
from tests.running import MANAGE, environment

pytestmark = pytest.mark.asyncio(loop_scope="session")

needs_a_compiler = pytest.mark.skipif(clocks.COMPILER is None, reason="apt-get install gcc libc6-dev")
HEALS_WITHIN = 1.0
SLACK = 2.0
"""On a busy machine a hundred clients of one Python process have their own pace."""
WHOLE_STALL = 5.0
HOUR = 3600


@pytest.mark.timeout(300)
@pytest.mark.scenario(20, "one web process stopped (5 s once), or its event loop blocked")
async def test_a_process_that_stands_still_delays_and_loses_nothing(flight: Flight) -> None:
    points, chance = flight.world.points, flight.chance
    await flight.board(mixed, Pace(edits=16, least=0.03, most=0.12))
    async with flight.writing():
        await flight.moment(0.1, 0.3)
        points.arm(chance.choice(LOOP_POINTS), passes=chance.randrange(20), dawdle=chance.uniform(0.5, 1.5))
        await flight.moment(0.5, 1.0)
        points.disarm()
        flight.injected(points.struck)
        with stopped(chance.choice(flight.world.web())):
            flight.injected()
            await asyncio.sleep(WHOLE_STALL if flight.seeds[0] == 0 else chance.uniform(0.3, 1.2))

    async def heals(case: Case) -> None:
        """Who types now has it saved at once."""
        for each in case.scripted:
            await each.play_next()
        await until(lambda: case.all_is_saved, HEALS_WITHIN + SLACK, f"seed {case.seed} saves again")

    await flight.each(heals)
    await flight.land()


@pytest.mark.timeout(300)
@pytest.mark.scenario(21, "web processes replaced one after the other, by SIGTERM")
async def test_a_rolling_deploy_sends_everybody_away_in_good_time_and_loses_nothing(flight: Flight) -> None:
    await flight.board(mixed, Pace(edits=16, least=0.05, most=0.15))
    async with flight.writing():
        await flight.moment(0.1, 0.4)
        for process in flight.world.web():
            flight.injected()
            process.terminate()
            await asyncio.to_thread(process.wait, 30)
            await flight.world.web_is_back()
    for case in flight.cases:
        for each in case.participants:
            # 1006 is an upgrade that came too late for the old process: uvicorn answers it no more.
            assert {*each.codes} <= {1012, 1006}, (each.kind, each.codes)
        assert any(1012 in each.codes for each in case.participants), f"seed {case.seed}: nobody was told why"
    await flight.land()


@needs_a_compiler
@pytest.mark.timeout(300)
@pytest.mark.scenario(23, "the clocks of two web processes an hour ahead and an hour behind", place="skewed")
async def test_clocks_that_disagree_change_no_text_and_no_order(flight: Flight) -> None:
    world = flight.world
    await flight.board(mixed, Pace(edits=16))

    async def compacted(case: Case) -> None:
        await asyncio.sleep(case.chance.uniform(0.2, 0.6))
        await world.operate("compact", document=case.document)
        await world.operate("trim", document=case.document)

    async with flight.writing():
        await flight.moment(0.1, 0.3)
        ahead, behind = flight.chance.sample(world.web(), 2)
        world.clocks.shift(ahead, HOUR)
        world.clocks.shift(behind, -HOUR)
        world.clocks.shift(world.worker()[0], flight.chance.choice([HOUR, -HOUR]))
        flight.injected(count=3)
        await flight.each(compacted)
        # And back: a clock that is set while people write.
        for process in (ahead, behind):
            world.clocks.shift(process, 0)
            flight.injected()
    await flight.land()


@pytest.mark.timeout(300)
@pytest.mark.scenario(26, "a second Weft, a web process and a worker on the same SQLite file", databases=("sqlite",))
async def test_a_second_weft_on_the_same_file_refuses_before_it_writes(flight: Flight, tmp_path: Path) -> None:
    file = flight.world.installation.weft.home / "weft.sqlite3"
    beside = environment(tmp_path / "second", DATABASE_URL=f"sqlite:///{file}", PORT="0")
    await flight.board(mixed, Pace(edits=20, least=0.05, most=0.25))
    async with flight.writing():
        for command in ("serve", "web", "work"):
            done = await asyncio.to_thread(
                subprocess.run, [*MANAGE, command], env=beside, capture_output=True, text=True, timeout=120
            )
            assert done.returncode != 0, command
            assert "Another Weft uses the database" in done.stderr, command
            flight.injected()
    await flight.land()
