"""What is stored is compacted, trimmed, damaged, replaced, while people write and others are away."""

import asyncio

import pytest

from tests.faults.flight import Case, Flight, mixed
from tests.faults.workload import Pace

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATEMENTS = range(1, 13)
"""Of a compaction; those beyond its last kill nobody."""


@pytest.mark.timeout(300)
@pytest.mark.scenario(8, "compaction against appends, a second compactor, a trim, and a crash at each statement")
async def test_a_compaction_may_die_anywhere_and_nothing_is_lost(flight: Flight) -> None:
    await flight.board(mixed)

    async def compacted(case: Case) -> None:
        for statement in case.chance.sample(STATEMENTS, 2):
            await asyncio.sleep(case.chance.uniform(0, 0.3))
            died = flight.world.operate("compact_dying", document=case.document, at=statement)
            another = flight.world.operate("compact", document=case.document)
            flight.injected((await asyncio.gather(died, another))[0])
        await flight.world.operate("trim", document=case.document)

    async with flight.writing():
        await flight.each(compacted)
    await flight.land()


@pytest.mark.timeout(300)
@pytest.mark.scenario(10, "clients suspended, their cursors below the floor or of another epoch")
async def test_who_was_away_comes_back_with_one_sync_and_nothing_twice(flight: Flight) -> None:
    """What they went to sleep with is not what they wake up to: trimmed, and for one in three another epoch."""
    await flight.board(lambda chance: [*mixed(chance)[:2], "raw sse", "raw poll"], Pace(edits=16))

    async def sleeps(case: Case) -> None:
        away = case.chance.sample(case.participants, 2)
        await asyncio.sleep(case.chance.uniform(0.1, 0.4))
        for each in away:
            if case.chance.random() < 0.5:
                await case.lines[each.name].cut()
            else:
                case.lines[each.name].hold()
        flight.injected(count=len(away))
        await asyncio.sleep(case.chance.uniform(0.2, 0.6))
        await flight.world.operate("compact", document=case.document)
        await flight.world.operate("trim", document=case.document)
        if case.seed % 3 == 0:
            await flight.world.operate("begin_epoch", document=case.document)
            flight.injected()
        for each in away:
            await case.lines[each.name].mend()

    async with flight.writing():
        await flight.each(sleeps)
    await flight.land()
