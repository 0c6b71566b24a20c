"""A database that goes back to what it was, while people hold what it no longer has."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.faults.flight import Flight
from tests.faults.workload import YJS, Pace
from tests.running import MANAGE

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.timeout(400)
@pytest.mark.scenario(25, "an older backup restored while clients hold newer state", few=2)
async def test_a_restored_backup_gets_back_what_it_lacks_from_those_who_hold_it(flight: Flight, tmp_path: Path) -> None:
    """Those that compare all they hold when they come back; who pushes by single requests trusts what it was told."""
    world, weft = flight.world, flight.world.installation.weft
    backup = tmp_path / "backup.tar.gz"
    await flight.board(
        lambda chance: ["weft", *chance.sample(YJS[1:], 2), "raw socket"], Pace(edits=10, least=0.1, most=0.3)
    )
    async with flight.writing():
        await flight.moment(0.2, 0.6)
        await asyncio.to_thread(weft.manage, "backup", str(backup))
    async with flight.writing():  # once more, by those who have a document of their own
        for case in flight.cases:
            for each in case.scripted:
                await each.play_next()
    await flight.settled()
    heads = {case.document: world.rows(case.document).head for case in flight.cases}
    await asyncio.to_thread(world.installation.stop)
    world.operators_leave()
    restored = await asyncio.to_thread(
        subprocess.run,
        [*MANAGE, "restore", str(backup), "--replace", "--yes"],
        env=weft.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert restored.returncode == 0, restored.stderr
    for case in flight.cases:
        rows = world.rows(case.document)
        flight.injected(rows.head < heads[case.document])
        assert case.seen is None or rows.epoch > case.seen.epoch
    assert flight.totals.faults, "the backup lacks nothing"
    await asyncio.to_thread(world.installation.start_again)
    world.operators_come()
    for case in flight.cases:
        for each in case.scripted:
            await each.play_next()
    await flight.land(within=90)
