"""Rights and sign-ins that end while people type, decided in another process, with Redis and without: nothing of theirs
is stored later than promised."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import pytest

from collab import closing
from tests.acceptance.client import until
from tests.faults.flight import Case, Flight
from tests.faults.raw import RAW
from tests.faults.workload import Pace, Scripted

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITHIN, WITHOUT_REDIS_WITHIN = 1.0, 10.0
LATE = 1.5
"""How much longer they go on typing, in vain."""
TYPING = 0.08
SLACK = 0.5
"""A busy machine: the act itself returns a while after its commit, but our own clocks tick late, too."""


def colleagues(chance: random.Random) -> list[str]:
    return ["weft", chance.choice(["raw socket", "raw sse", "raw poll"])]


async def types_on(outsider: Scripted, until_when: Callable[[], bool]) -> None:
    while not until_when():
        await outsider.play_next()
        await asyncio.sleep(TYPING)


async def loses(flight: Flight, case: Case, outsider: Scripted, within: float, end: Awaitable[None]) -> None:
    """The outsider types, loses the right, types on; what is made `within` seconds later must not be in the log."""
    ended_at = float("inf")
    typing = asyncio.create_task(types_on(outsider, lambda: time.monotonic() > ended_at + within + LATE))
    await asyncio.sleep(case.chance.uniform(0.3, 0.8))
    await end
    ended_at = time.monotonic()
    flight.injected()
    await typing
    late = [n for n, at in enumerate(outsider.made_at) if at > ended_at + within + SLACK]
    assert late, "it did not type on"
    case.forbidden.append((outsider.name, [outsider.made[number] for number in late]))


@pytest.mark.timeout(300)
@pytest.mark.scenario(12, "a share ended or lowered while its owner types, also without Redis", place="lossy")
async def test_who_loses_the_right_to_write_stores_nothing_later(flight: Flight) -> None:
    without_redis = flight.seeds[0] // 25 % 4 == 1
    within = WITHOUT_REDIS_WITHIN if without_redis else WITHIN
    edits = int((within + LATE + 6) / TYPING)
    await flight.board(colleagues, Pace(edits=16, least=0.05, most=0.2))
    people = {}
    for case in flight.cases:
        people[case.seed] = await flight.world.operate("newcomer", document=case.document)

    async def ends(case: Case) -> None:
        email = people[case.seed]["email"]
        headers = {"Authorization": f"Bearer {people[case.seed]['secret']}"}
        eve = await flight.admit(case, case.chance.choice(sorted(RAW)), headers, edits)
        if case.seed % 2:
            end = flight.world.operate("unshare", document=case.document, email=email)
        else:
            end = flight.world.operate("share", document=case.document, email=email, role="reader")
        await loses(flight, case, eve, within, end)
        if case.seed % 2:
            await until(lambda: eve.raw.closed, 10, f"{eve.kind} {eve.name} is sent away")
            assert eve.raw.closed is not None
            assert eve.raw.closed[0] in (closing.FORBIDDEN.code, closing.GONE.code)
        else:
            assert eve.raw.closed is None, "who may read stays"
        await eve.raw.stop()  # or it would bring, rightly, what it typed in vain
        await flight.world.operate("share", document=case.document, email=email, role="editor")
        again = await flight.admit(case, "raw socket", headers, 3)
        await again.play_next()
        await until(lambda: again.all_is_saved, 15, f"{again.name} may write again")

    with ExitStack() as stack:
        if without_redis:
            stack.enter_context(flight.world.redis.down())
            flight.injected()
        async with flight.writing():
            await flight.each(ends)
    await flight.land()


@pytest.mark.timeout(300)
@pytest.mark.scenario(13, "signed out, deactivated, a token revoked or expired while its owner types")
async def test_who_is_signed_out_stores_nothing_later(flight: Flight) -> None:
    await flight.board(colleagues, Pace(edits=16, least=0.05, most=0.2))

    async def ends(case: Case) -> None:
        how = ["revoke_token", "expiry", "end_session", "end_sessions", "deactivate"][case.seed % 5]
        seconds = 3.0 if how == "expiry" else 0
        made = await flight.world.operate("newcomer", document=case.document, seconds=seconds)
        email, kind = made["email"], case.chance.choice(sorted(RAW))
        headers = {"Authorization": f"Bearer {made['secret']}"}
        if how in ("end_session", "end_sessions"):
            headers = {"Cookie": f"sessionid={made['session']}", "Origin": flight.world.url}
        # Nobody announces that a token has expired: the hub finds it when it looks.
        within = WITHOUT_REDIS_WITHIN if how == "expiry" else WITHIN
        eve = await flight.admit(case, kind, headers, int((within + LATE + 12) / TYPING))
        known = {"revoke_token": {"token": made["token"]}, "end_session": {"session": made["session"]}}
        end = (
            flight.world.operate(how, email=email, **known.get(how, {})) if how != "expiry" else asyncio.sleep(seconds)
        )
        await loses(flight, case, eve, within, end)
        await until(lambda: eve.raw.closed, 10, f"{eve.kind} {eve.name} is sent away after {how}")
        assert eve.raw.closed is not None
        assert eve.raw.closed[0] in (closing.SIGNED_OUT.code, closing.FORBIDDEN.code), (how, eve.kind, eve.raw.closed)

    async with flight.writing():
        await flight.each(ends)
    await flight.land()
