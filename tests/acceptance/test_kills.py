"""kill -9 of any process at any moment, while five people type by every transport: what was called saved is stored, and
all agree.

WEFT_SEEDS sets how many seeds run (the default keeps `./test` short); a failing seed is its own replay:
`WEFT_SEEDS=50 ./test python tests/acceptance/test_kills.py`.
"""

import asyncio
import os
import random

import pytest

from tests.acceptance.client import Client, until
from tests.acceptance.installation import Installation

SEEDS = int(os.environ.get("WEFT_SEEDS", "6"))
TRANSPORTS = ["weft.1", "sse", "poll", "weft.1", "sse"]
VICTIMS = ["web", "web", "work", "valkey", "everything"]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_nothing_acknowledged_is_lost_when_a_process_is_killed(fresh: Installation, seed: int) -> None:
    chance = random.Random(seed)
    document = fresh.document()
    people = zip(["ann", "ben", "ann", "ben", "ann"], TRANSPORTS, strict=True)
    clients = [fresh.client(name, document, kind, seed=seed * 10 + n) for n, (name, kind) in enumerate(people)]
    await asyncio.gather(*(client.opened() for client in clients))
    typing = [asyncio.create_task(_type(client, random.Random(f"{seed}-{n}"))) for n, client in enumerate(clients)]
    await asyncio.sleep(chance.uniform(0.05, 0.6))  # the random moment
    victim = VICTIMS[seed % len(VICTIMS)]
    if victim == "everything":
        await asyncio.to_thread(fresh.kill_everything_and_start_again)
    else:
        chance.choice(fresh.processes(victim)).kill()
    # What was promised up to here must be there already, not only in the end.
    promised = [client.edits[n] for client in clients for n in sorted(client.saved)]
    stored = await asyncio.to_thread(fresh.stored, document)
    assert all(stored.holds(update) for update in promised)
    await asyncio.gather(*typing)
    await until(lambda: all(client.all_saved for client in clients), 60, f"seed {seed}: everything saved")
    await until(lambda: len({client.text for client in clients}) == 1, 30, f"seed {seed}: all agree")
    stored = await asyncio.to_thread(fresh.stored, document)
    assert all(stored.holds(update) for client in clients for update in client.edits)
    assert stored.text == clients[0].text
    for client in clients:
        assert client.closed is None, "nobody was told to stop, or to reload"
        await client.stop()


async def _type(client: Client, chance: random.Random) -> None:
    for number in range(60):
        await client.type(chance.choice(["a", "be", " ", "🧵", "é\n"]), at=0 if chance.random() < 0.2 else None)
        await asyncio.sleep(chance.uniform(0.005, 0.04))  # a person's pause
        if number % 20 == 19:
            await asyncio.sleep(0.1)
