"""Redis makes it fast, never true: it loses messages, its content, itself, and nobody loses a word."""

import asyncio

import pytest

from tests.acceptance.lossy_redis import Rates
from tests.faults.flight import Flight, mixed

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.timeout(180)
@pytest.mark.scenario(3, "Redis flushed, gone and back empty, failed over with its last writes lost", place="lossy")
async def test_nothing_is_lost_when_redis_loses_everything(flight: Flight) -> None:
    """How fast the others see an edit meanwhile, and 30 s of it, test_relay_faults.py tells."""
    redis = flight.world.redis

    async def flushed() -> None:
        await asyncio.to_thread(redis.flush)

    async def back_empty() -> None:
        with redis.down():
            await flight.moment(0.2, 1.0)

    async def failed_over() -> None:
        await asyncio.to_thread(redis.remember)
        await flight.moment(0.3, 0.6)
        await asyncio.to_thread(redis.fail_over)

    await flight.board(mixed)
    async with flight.writing():
        for fault in flight.chance.sample([flushed, back_empty, failed_over], 2):
            await flight.moment(0.0, 0.3)
            await fault()
            flight.injected()
    await flight.land()


@pytest.mark.timeout(180)
@pytest.mark.scenario(
    4, "a fifth of the relay's messages lost, doubled, swapped, delayed; subscriptions cut", place="lossy"
)
async def test_all_agree_although_the_relay_loses_doubles_swaps_and_delays(flight: Flight) -> None:
    redis = flight.world.redis
    before = redis.lost + redis.doubled + redis.swapped + redis.delayed
    await flight.board(mixed)
    redis.disturb(Rates(lose=0.2, double=0.2, swap=0.2, delay=0.02), seed=flight.seeds[0])
    try:
        async with flight.writing():
            await flight.moment(0.2, 0.8)
            flight.injected(count=await asyncio.to_thread(redis.end_subscriptions))
    finally:
        redis.disturb(Rates())
    flight.injected(count=redis.lost + redis.doubled + redis.swapped + redis.delayed - before)
    await flight.land(within=30)  # a gap shows at the next message, or when the hub looks at the heads
