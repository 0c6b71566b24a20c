"""What is stored is compacted, trimmed, damaged, replaced, while people write and others are away."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest

from tests.acceptance.client import until
from tests.faults import seeds
from tests.faults.flight import Case, Flight, mixed
from tests.faults.injection import kill
from tests.faults.oracle import Rows
from tests.faults.power import COMPILER
from tests.faults.raw import RawSocket
from tests.faults.workload import Pace

pytestmark = pytest.mark.asyncio(loop_scope="session")

needs_a_compiler = pytest.mark.skipif(COMPILER is None, reason="apt-get install gcc libc6-dev")
STATEMENTS = range(1, 13)
"""Of a compaction; those beyond its last kill nobody."""


@needs_a_compiler
@pytest.mark.timeout(300)
@pytest.mark.scenario(6, "power cut: unsynced sectors of SQLite's files gone", databases=("sqlite",), place="powered")
async def test_what_was_acknowledged_outlives_a_power_cut(flight: Flight) -> None:
    await flight.board(mixed)
    async with flight.writing():
        await flight.moment(0.3, 1.2)
        flight.injected(count=1 + await asyncio.to_thread(flight.world.cut_power, flight.chance))
        # Now, for the clients would bring back what is gone.
        samples = flight.totals.samples
        await flight.each(flight.look)
        assert flight.totals.samples >= samples + len(flight.cases), "the database could not be read"
        await asyncio.to_thread(flight.world.power_returns)
    await flight.land()


@pytest.mark.timeout(300)
@pytest.mark.scenario(7, "a snapshot or an entry cut short, changed or missing when a document opens")
async def test_a_document_that_cannot_be_read_is_never_shown_empty(flight: Flight) -> None:
    """Who has it open keeps it; who comes is told to come later; what is stored stays as it is; mended, all goes on."""
    await flight.board(lambda chance: ["weft", "raw socket"], Pace(edits=8))
    async with flight.writing():
        pass
    await flight.settled()
    damages = [await _damaged(flight, case) for case in flight.cases]
    for process in flight.world.web():
        kill(process)
    await flight.world.web_is_back()

    async def refused(case: Case) -> None:
        heard = len(case.scripted[0].codes)
        visitor = RawSocket(flight.world.url, case.document, flight.world.token("ann"))
        await visitor.start()
        await until(lambda: visitor.codes, 30, f"seed {case.seed}: a visitor is answered")
        await until(lambda: len(case.scripted[0].codes) > heard, 30, f"seed {case.seed}: who was there is answered")
        assert {*visitor.codes, *case.scripted[0].codes[heard:]} <= {1006, 1011, 1013}
        assert not visitor.cursors, "it was told of an empty document"
        await visitor.stop()

    await flight.each(refused)
    for case, (damaged, mend) in zip(flight.cases, damages, strict=True):
        assert flight.world.rows(case.document) == damaged, "what is stored was touched"
        mend()
    await flight.land()


async def _damaged(flight: Flight, case: Case) -> tuple[Rows, Callable[[], None]]:
    """What the database holds now, and how to undo it."""
    world, key = flight.world, UUID(case.document)
    kind = case.seed % 4
    if kind < 2:
        await world.operate("compact", document=case.document)
    rows = world.rows(case.document)
    flight.injected()
    if kind < 2:
        stored = "UPDATE documents_snapshot SET state = %s WHERE document_id = %s"
        world.sql(stored, rows.snapshot[:-3] if kind else rows.snapshot[:-1] + b"\x7f", key)
        return world.rows(case.document), lambda: world.sql(stored, rows.snapshot, key)
    seq, _, update = rows.entries[len(rows.entries) // 2]
    entry = 'UPDATE documents_update SET "update" = %s WHERE document_id = %s AND seq = %s'
    moved = "UPDATE documents_update SET seq = %s WHERE document_id = %s AND seq = %s"
    if kind == 2:
        world.sql(entry, update[: len(update) // 2], key, seq)
        return world.rows(case.document), lambda: world.sql(entry, update, key, seq)
    world.sql(moved, 1_000_000, key, seq)
    return world.rows(case.document), lambda: world.sql(moved, seq, key, 1_000_000)


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
        await asyncio.sleep(60 if seeds.at_full_length(flight.seeds) else case.chance.uniform(0.2, 0.6))
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
