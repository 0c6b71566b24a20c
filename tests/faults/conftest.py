from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import pytest_asyncio

from tests.faults import seeds
from tests.faults.flight import Flight, Totals
from tests.faults.workload import Desk
from tests.faults.world import World, world

DATABASES = ("sqlite", "postgres")
PLACES: dict[str, dict[str, Any]] = {
    "plain": {},
    "lossy": {"lossy": True},
    "powered": {"powered": True},
    "skewed": {"skewed": True},
    "tight": {
        "LIMIT_UPDATES_PER_SECOND": "60",
        "LIMIT_SOCKETS_PER_USER_DOCUMENT": "8",
        "LIMIT_OUTBOX_BYTES": "200_000",
        "LIMIT_SEND_DEADLINE_SECONDS": "3",
        "LIMIT_BYTES_PER_SECOND": "2_000_000",
        "LIMIT_BYTES_BURST": "20_000_000",
    },
}
"""What a scenario's world is made of; a new kind of world is a line here."""
MOST_WORLDS = 2


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "scenario(number, title, few=4, size=25, databases=…, place=…): one of docs/reliability.md"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    scenario = metafunc.definition.get_closest_marker("scenario")
    if "flight" in metafunc.fixturenames and scenario is not None:
        few, size = scenario.kwargs.get("few", 4), scenario.kwargs.get("size", 25)
        flights = seeds.flights_of(seeds.wanted(few), size)
        metafunc.parametrize("flight", flights, ids=[seeds.named(flight) for flight in flights], indirect=True)


class Worlds:
    """Those in use, each started when the first flight wants it. A third would keep memory from two that work."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], tuple[ExitStack, World]] = {}

    def on(self, database: str, place: str) -> World:
        if (database, place) not in self._open:
            while len(self._open) >= MOST_WORLDS:
                self._end(next(iter(self._open)))
            stack = ExitStack()
            started = stack.enter_context(world(database, **PLACES[place]))
            self._open[database, place] = (stack, started)
        return self._open[database, place][1]

    def give_up(self, broken: World) -> None:
        """Who knows what a flight has left there that never landed."""
        for key in [key for key, (_, each) in self._open.items() if each is broken]:
            self._end(key)

    def end(self) -> None:
        for key in list(self._open):
            self._end(key)

    def _end(self, key: tuple[str, str]) -> None:
        stack, _ = self._open.pop(key)
        stack.close()


@pytest.fixture(scope="package")
def worlds() -> Iterator[Worlds]:
    worlds = Worlds()
    yield worlds
    worlds.end()


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
    place = worlds.on(database, marker.kwargs.get("place", "plain"))
    flight = Flight(place, desk, carried, Totals(number, title, len(carried)), replay)
    yield flight
    await flight.close()
    if not flight.has_landed:
        worlds.give_up(place)
