from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest
import pytest_asyncio

from tests.faults import seeds
from tests.faults.flight import Flight, Totals
from tests.faults.workload import Desk
from tests.faults.world import World, world

DATABASES = ("sqlite", "postgres")
PER_SEED = 3.0
"""Seconds a seed may take on a busy machine before its flight counts as hung."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "scenario(number, title, few=6, size=25, databases=…): one of docs/reliability.md"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    scenario = metafunc.definition.get_closest_marker("scenario")
    if "flight" in metafunc.fixturenames and scenario is not None:
        few, size = scenario.kwargs.get("few", 6), scenario.kwargs.get("size", 25)
        flights = seeds.flights_of(seeds.wanted(few), size)
        metafunc.parametrize("flight", flights, ids=[seeds.named(flight) for flight in flights], indirect=True)


class Worlds:
    """Those in use, each started when the first flight wants it, and kept until the last has landed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._open: dict[str, World] = {}

    def on(self, database: str) -> World:
        if database not in self._open:
            self._open[database] = self._stack.enter_context(world(database))
        return self._open[database]


@pytest.fixture(scope="package")
def worlds() -> Iterator[Worlds]:
    with ExitStack() as stack:
        yield Worlds(stack)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def desk() -> AsyncIterator[Desk]:
    desk = await Desk().start()
    yield desk
    await desk.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def flight(request: pytest.FixtureRequest, worlds: Worlds, desk: Desk) -> AsyncIterator[Flight]:
    marker = request.node.get_closest_marker("scenario")
    number, title = marker.args
    carried: range = request.param
    database = seeds.database_of(carried, marker.kwargs.get("size", 25), marker.kwargs.get("databases", DATABASES))
    file = request.node.path.relative_to(request.config.rootpath)
    replay = f"WEFT_SEEDS={seeds.named(carried)} ./test python {file} -k {request.node.originalname}"
    flight = Flight(worlds.on(database), desk, carried, Totals(number, title, len(carried)), replay)
    yield flight
    await flight.close()
