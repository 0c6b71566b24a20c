"""kill -9 of any process, at points of the code and at random moments, while people write by every kind of client."""

import asyncio
import contextlib

import pytest

from tests.acceptance.client import until
from tests.faults.flight import Flight, mixed
from tests.faults.injection import CRASH_POINTS, kill

pytestmark = pytest.mark.asyncio(loop_scope="session")

STRIKES_WITHIN = 1.0


@pytest.mark.timeout(300)
@pytest.mark.scenario(1, "a web process killed, at seven points of the code and at random; the worker, Valkey")
async def test_nothing_saved_is_lost_when_a_process_is_killed(flight: Flight) -> None:
    world = flight.world
    await flight.board(mixed)
    async with flight.writing():
        for point in flight.chance.sample(CRASH_POINTS, 2):
            world.points.arm(point, passes=flight.chance.randrange(12))
            with contextlib.suppress(AssertionError):  # nobody came there any more
                await until(lambda: world.points.struck, STRIKES_WITHIN)
            world.points.disarm()
            flight.injected(world.points.struck)
        victims = [*world.web(), *world.worker()[:1], *world.valkey()]
        flight.injected(kill(flight.chance.choice(victims)))
    await world.web_is_back()
    await flight.land()


@pytest.mark.timeout(300)
@pytest.mark.scenario(2, "all web processes killed at once, or everything there is")
async def test_nothing_saved_is_lost_when_all_are_killed_at_once(flight: Flight) -> None:
    world = flight.world
    await flight.board(mixed)
    everything = flight.chance.random() < 0.5
    async with flight.writing():
        await flight.moment(0.1, 0.6)
        if everything:
            await asyncio.to_thread(world.installation.kill_everything_and_start_again)
            flight.injected()
        for process in [] if everything else world.web():
            flight.injected(kill(process))
    await flight.land()
