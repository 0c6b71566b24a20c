"""kill -9 of web processes, at points of the code and at random moments, while people write by every kind of client."""

import asyncio

import pytest

from tests.faults.flight import Flight, mixed
from tests.faults.injection import CRASH_POINTS, kill

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.timeout(180)
@pytest.mark.scenario(1, "one web process killed, at seven points of the code and at random")
async def test_nothing_saved_is_lost_when_one_web_process_is_killed(flight: Flight) -> None:
    points = flight.world.points
    await flight.board(mixed)
    async with flight.writing():
        for point in flight.chance.sample(CRASH_POINTS, 2):
            await flight.moment(0.1, 0.3)
            points.arm(point, passes=flight.chance.randrange(20))
            await flight.moment(0.2, 0.5)
            points.disarm()
            flight.injected(points.struck)
        flight.injected(kill(flight.chance.choice(flight.world.web())))
    await flight.world.web_is_back()
    await flight.land()


@pytest.mark.timeout(180)
@pytest.mark.scenario(2, "all web processes killed at once")
async def test_nothing_saved_is_lost_when_all_web_processes_are_killed_at_once(flight: Flight) -> None:
    await flight.board(mixed)
    async with flight.writing():
        await flight.moment(0.1, 0.6)
        for process in flight.world.web():
            flight.injected(kill(process))
        await asyncio.sleep(0)
    await flight.land()
