"""The database is away, full, locked, slow: no ack is false, people go on, and all is stored in the end."""

import asyncio

import pytest

from tests.acceptance.client import until
from tests.faults import databases, seeds
from tests.faults.flight import Case, Flight, mixed
from tests.faults.workload import Pace

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_SAVED_WITHIN = 3.0
TELLS = ("stopped", "read only", "full")
"""Faults at which the database says no. While it only dawdles, "saving" is true for as long as it does."""


@pytest.mark.timeout(300)
@pytest.mark.scenario(
    5, "database stopped, read-only, full, locked, deadlocked, slow", databases=("postgres", "sqlite")
)
async def test_no_ack_is_false_while_the_database_is_away_and_all_is_saved_after(flight: Flight) -> None:
    faults = databases.FAULTS[flight.world.installation.database]
    await flight.board(mixed, Pace(edits=16, least=0.05, most=0.2))
    documents = [case.document for case in flight.cases]
    async with flight.writing():
        if seeds.at_full_length(flight.seeds):
            with databases.stopped(flight.world, documents):
                flight.injected()
                await flight.each(_says_so)
                await asyncio.sleep(60)
        for name in flight.chance.sample(sorted(faults), 2):
            with faults[name](flight.world, documents):
                flight.injected()
                if name in TELLS:
                    await flight.each(_says_so)
                await flight.moment(0.5, 1.0)
    await flight.land()


async def _says_so(case: Case) -> None:
    """Somebody there types, and knows that it isn't saved: from then on, or since another's edit before it."""
    somebody = case.scripted[0]
    await somebody.play_next()

    def knows() -> bool:
        said = [notice["kind"] for notice in somebody.raw.notices if notice.get("kind") in ("saved", "unsaved")]
        return said[-1:] == ["unsaved"]

    await until(knows, NOT_SAVED_WITHIN, f"seed {case.seed} hears that nothing is saved")
