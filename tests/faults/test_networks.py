"""Networks that block, swallow, hold back, cut and bound what passes; and answers that never arrive."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence

import pytest

from tests.acceptance.client import until
from tests.faults.flight import Case, Flight
from tests.faults.lines import Line
from tests.faults.workload import Pace

pytestmark = pytest.mark.asyncio(loop_scope="session")

LANDS_WITHIN = 10.0
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
MOST_BODY = 2_000


def _upgrades(request: bytes) -> bool:
    return b"upgrade: websocket" in request.lower()


def _streams(request: bytes) -> bool:
    return b"/events" in request.partition(b"\r\n")[0]


def blocks_sockets(line: Line) -> None:
    line.refuses = lambda request: FORBIDDEN if _upgrades(request) else None


def swallows_frames(line: Line) -> None:
    line.swallows = _upgrades


def buffers_streams(line: Line) -> None:
    """And blocks sockets, or nobody would ask for a stream."""
    blocks_sockets(line)
    line.gathers = _streams


def cuts_idle_connections(line: Line) -> None:
    line.idle = 1.5


def bounds_bodies(line: Line) -> None:
    """And blocks sockets, which have no bodies."""

    def answer(request: bytes) -> bytes | None:
        if _upgrades(request):
            return FORBIDDEN
        for header in request.lower().split(b"\r\n\r\n")[0].split(b"\r\n"):
            if header.startswith(b"content-length:") and int(header.partition(b":")[2]) > MOST_BODY:
                return TOO_LARGE
        return None

    line.refuses = answer


NETWORKS: Sequence[Callable[[Line], None]] = [
    blocks_sockets,
    swallows_frames,
    buffers_streams,
    cuts_idle_connections,
    bounds_bodies,
]


def ours(chance: random.Random) -> Sequence[str]:
    """Two of ours, the first of which sits in a bad network, and a raw one of each way."""
    return ["weft", "weft", chance.choice(["raw socket", "raw sse"]), "raw poll"]


@pytest.mark.timeout(300)
@pytest.mark.scenario(9, "WebSockets blocked or swallowed, streams held back, idle cuts, small bodies")
async def test_every_network_lets_a_document_through_by_some_transport(flight: Flight) -> None:
    def spoil(case: Case, number: int, line: Line) -> None:
        if number == 0:
            NETWORKS[case.seed % len(NETWORKS)](line)
            flight.injected()

    await flight.board(ours, Pace(edits=20, least=0.05, most=0.2), prepare=spoil, wait=False)
    began = time.monotonic()  # to make a hundred clients has taken seconds of its own

    async def lands(case: Case) -> None:
        first = case.participants[0]
        patience = LANDS_WITHIN * (2 if NETWORKS[case.seed % len(NETWORKS)] is buffers_streams else 1)
        await until(lambda: first.is_in_step, patience - (time.monotonic() - began), f"seed {case.seed} in step")

    await flight.each(lands)
    async with flight.writing():
        pass
    await flight.land()


@pytest.mark.timeout(300)
@pytest.mark.scenario(11, "pushes whose answer is lost, and that are repeated")
async def test_a_push_that_is_repeated_is_stored_once(flight: Flight) -> None:
    await flight.board(lambda chance: ["weft", "raw sse", "raw poll", "raw poll"])

    async def answers_get_lost(case: Case) -> None:
        for _ in range(2):
            for each in case.scripted:
                line = case.lines[each.name]
                await asyncio.sleep(case.chance.uniform(0.0, 0.1))
                line.hold(to_server=False)
                await asyncio.sleep(case.chance.uniform(0.05, 0.2))
                flight.injected(count=line.connections)
                line.sever()
                line.release()

    async with flight.writing():
        await flight.each(answers_get_lost)
        # And what nobody lost is pushed again, under another key.
        for case in flight.cases:
            for each in case.scripted:
                flight.injected(count=await each.push_again(2))
    await flight.land()
