"""Redis makes it fast, never true: two processes converge with half of its messages lost, and with Redis gone."""

import asyncio
import random
import time

import pytest

from tests.acceptance.client import until
from tests.acceptance.installation import Installation
from tests.acceptance.lossy_redis import LossyRedis


async def test_an_edit_and_a_caret_reach_the_other_process_by_relay(lossy: tuple[Installation, LossyRedis]) -> None:
    weft, _ = lossy
    ann, ben = await weft.spread(weft.document())
    await ann.move(501, 1, {"cursor": 1})
    await until(lambda: ben.states.get(501))  # nothing else carries it
    waits = []
    for number in range(20):
        started = time.monotonic()
        await ann.type(f"{number} ")
        await until(lambda number=number: ben.text.endswith(f"{number} "))  # type: ignore[misc]
        waits.append(time.monotonic() - started)
    assert sorted(waits)[10] < 0.15, "looking at the log would take half a second"
    await asyncio.gather(ann.stop(), ben.stop())


@pytest.mark.timeout(120)
async def test_two_processes_converge_with_half_of_the_relay_s_messages_lost(
    lossy: tuple[Installation, LossyRedis],
) -> None:
    weft, redis = lossy
    document = weft.document()
    ann, ben = await weft.spread(document)
    redis.lose(0.5, seed=7)
    chance = random.Random(7)
    for number in range(100):
        await chance.choice([ann, ben]).type(f"{number} ")
        await asyncio.sleep(chance.uniform(0, 0.03))
    await until(lambda: ann.all_saved and ben.all_saved)
    await until(lambda: ann.text == ben.text, 15)
    assert redis.lost > 10
    assert weft.stored(document).text == ann.text
    redis.lose(0.0)
    await asyncio.gather(ann.stop(), ben.stop())


@pytest.mark.timeout(150)
async def test_without_redis_the_other_process_sees_an_edit_within_a_second(
    lossy: tuple[Installation, LossyRedis],
) -> None:
    """Valkey is held down for 30 s, then starts empty."""
    weft, redis = lossy
    document = weft.document()
    ann, ben = await weft.spread(document)
    await ann.type("before ")
    await until(lambda: ben.text == "before ")
    with redis.down():
        down_until = time.monotonic() + 30
        lags = []
        number = 0
        await ann.type("first ")
        await until(lambda: "first " in ben.text, 5)  # the processes notice that Redis went
        while time.monotonic() < down_until:
            started = time.monotonic()
            word = f"w{number} "
            await ann.type(word)
            await until(lambda word=word: word in ben.text, 5)  # type: ignore[misc]
            lags.append(time.monotonic() - started)
            await asyncio.sleep(0.2)
            number += 1
        assert max(lags) < 1.0, sorted(lags)[-3:]
        assert ann.all_saved
    await until(lambda: weft.ready(), 20, "ready again")
    await ben.type("after")
    await until(lambda: ann.text == ben.text and ann.text.endswith("after") and ben.all_saved)
    assert weft.stored(document).text == ann.text
    assert ann.connections == ben.connections == 1
    await asyncio.gather(ann.stop(), ben.stop())
