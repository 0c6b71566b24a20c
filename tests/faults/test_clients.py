"""Correct clients that make it hard: updates that overtake each other, and every version that is about."""

import asyncio

import pytest

from tests.faults.flight import Case, Flight
from tests.faults.workload import YJS, Pace

pytestmark = pytest.mark.asyncio(loop_scope="session")

EDITS = 12


@pytest.mark.timeout(300)
@pytest.mark.scenario(24, "updates of correct clients out of order and with gaps, compacted meanwhile")
async def test_updates_that_overtake_each_other_are_kept_until_they_fit(flight: Flight) -> None:
    """As of a client that repeats what got lost, by connections of its own: most of what arrives builds on what isn't
    there yet, and so does what a compaction finds."""
    await flight.board(
        lambda chance: ["weft", "raw socket", chance.choice(["raw sse", "raw poll"]), "raw hocuspocus"], Pace(EDITS)
    )
    for case in flight.cases:
        for each in case.scripted:
            flight.injected(count=each.shuffle(case.chance, EDITS))

    async def compacted(case: Case) -> None:
        for _ in range(2):
            await asyncio.sleep(case.chance.uniform(0.1, 0.3))
            await flight.world.operate("compact", document=case.document)
            await flight.world.operate("trim", document=case.document)

    async with flight.writing():
        await flight.each(compacted)
    await flight.land()


@pytest.mark.timeout(300)
@pytest.mark.scenario(27, "all client versions in one document, each cut off once", few=4, size=10)
async def test_every_version_of_every_client_sees_the_same(flight: Flight) -> None:
    await flight.board(lambda chance: [*YJS, "raw socket", "raw sse"], Pace(edits=8, least=0.05, most=0.15))

    async def cut_off(case: Case) -> None:
        for each in case.chance.sample(case.participants, len(case.participants)):
            line = case.lines[each.name]
            await asyncio.sleep(case.chance.uniform(0.0, 0.1))
            await line.cut()
            flight.injected()
            await asyncio.sleep(case.chance.uniform(0.0, 0.1))
            await line.mend()

    async with flight.writing():
        await flight.each(cut_off)
    await flight.land()
