"""Everybody in one document: ours, y-websocket 1, 2, 3 and 4's pre-release, Hocuspocus 2, 3 and 4, while web processes
are killed. All end with the same text, and it is the database's.

WEFT_SEEDS sets how many seeds run; a failing seed is its own replay.
"""

import asyncio
import os
import random
from typing import Any

import pytest

from tests.acceptance.client import until
from tests.acceptance.hocuspocus_provider import VERSIONS, Provider
from tests.acceptance.installation import Installation
from tests.acceptance.test_stock_clients import VERSIONS as Y_WEBSOCKETS
from tests.acceptance.test_stock_clients import Stock, start_stock

SEEDS = int(os.environ.get("WEFT_SEEDS", "2"))
WORDS = ["a", "be ", "🧵", "é", "\n", "word "]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_all_clients_agree_with_each_other_and_with_the_database(fresh: Installation, seed: int) -> None:
    document = fresh.document()
    ours = [await fresh.client(name, document, seed=seed + n).opened() for n, name in enumerate(("ann", "ben"))]
    stock: list[Stock | Provider] = []
    for version in Y_WEBSOCKETS:
        stock.append(await start_stock(fresh, version, "ben", document))
    for version in VERSIONS:
        stock.append(await Provider(version, fresh.weft.url).start())
        await stock[-1].do("attach", document=document, token=fresh.people["ann"]["token"])
    try:
        chance = random.Random(seed)
        typing = [
            asyncio.create_task(_type(client, random.Random(f"{seed}-{n}"))) for n, client in enumerate([*ours, *stock])
        ]
        for _ in range(2):
            await asyncio.sleep(chance.uniform(0.2, 1.0))  # the random moment
            victim = chance.choice(fresh.processes("web"))
            victim.kill() if chance.random() < 0.7 else victim.terminate()
        await asyncio.gather(*typing)
        await until(lambda: all(client.all_saved for client in ours), 60, "ours saved")
        await asyncio.gather(*(client.do("saved", seconds=60) for client in stock))
        texts: list[str] = []

        async def all_agree() -> bool:
            nonlocal texts
            answers = await asyncio.gather(*(client.do("state") for client in stock))
            stored = await asyncio.to_thread(fresh.stored, document)
            texts = [stored.text, *(client.text for client in ours), *(answer["text"] for answer in answers)]
            return len(set(texts)) == 1

        async with asyncio.timeout(60):
            while not await all_agree():
                await asyncio.sleep(0.1)
        assert sum(text.count("<") for text in texts[:1]) == 25 * len(typing)
    finally:
        for client in ours:
            await client.stop()
        for one in stock:
            await one.stop()


async def _type(client: Any, chance: random.Random) -> None:
    for _ in range(25):
        text, at = f"<{chance.choice(WORDS)}", 0 if chance.random() < 0.2 else None
        if isinstance(client, Stock | Provider):
            await client.do("type", text=text, at=at)
        else:
            await client.type(text, at=at)
        await asyncio.sleep(chance.uniform(0.01, 0.08))  # a person's pause
