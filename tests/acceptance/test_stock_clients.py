"""Unmodified y-websocket clients of four generations, on real Node, in one document with our own."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.acceptance.client import until
from tests.acceptance.installation import Installation
from tests.running import ROOT

SCRIPT = Path(__file__).with_name("stock.mjs")
VERSIONS = ["y-websocket-1", "y-websocket-2", "y-websocket-3", "y-websocket-4"]
NODE = shutil.which("node") or str(ROOT / ".venv/bin/node")


class Stock:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def do(self, verb: str, **details: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": verb, **details}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
        assert answer["error"] is None, (verb, details, answer)
        return answer

    async def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.communicate()  # closes the pipes, too


async def start_stock(weft: Installation, version: str, name: str, document: str) -> Stock:
    url = weft.weft.url.replace("http", "ws", 1) + "/ws/y"
    process = await asyncio.create_subprocess_exec(
        *[NODE, str(SCRIPT), version, url, document, weft.people[name]["token"]],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # where it says that it was denied
        limit=10_000_000,
    )
    return Stock(process)


@pytest_asyncio.fixture
async def stock(weft: Installation) -> AsyncIterator[Any]:
    """stock("y-websocket-3", "ann", document) starts such a client."""
    started: list[Stock] = []

    async def start(version: str, name: str, document: str) -> Stock:
        started.append(await start_stock(weft, version, name, document))
        return started[-1]

    yield start
    for client in started:
        await client.stop()


async def test_four_generations_and_our_own_write_one_document(weft: Installation, stock: Any) -> None:
    document = weft.document()
    ours = await weft.client("ann", document).opened()
    stocks = [await stock(version, "ben", document) for version in VERSIONS]
    await asyncio.gather(*(client.do("synced") for client in stocks))
    await ours.type("ours ")
    for number, client in enumerate(stocks):
        await client.do("contain", text="ours ")
        await client.do("type", text=f"stock{number} ")
    for number in range(len(VERSIONS)):
        await until(lambda number=number: f"stock{number} " in ours.text)  # type: ignore[misc]
    await asyncio.gather(*(client.do("expect", text=ours.text) for client in stocks))
    assert weft.stored(document).text == ours.text
    await ours.stop()


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_stock_client_shows_its_caret_under_its_account_s_name(
    weft: Installation, stock: Any, version: str
) -> None:
    document = weft.document()
    one, other = await stock(version, "ann", document), await stock(version, "ben", document)
    await asyncio.gather(one.do("synced"), other.do("synced"))
    await one.do("caret", state={"user": {"name": "Somebody Else"}, "cursor": 1})
    await other.do("caret", state={"cursor": 2})
    seen = await other.do("carets", count=2)
    names = {state["user"]["name"] for state in seen["states"] if state.get("cursor") == 1}
    assert names == {"Ann"}


async def test_a_stock_client_of_a_stranger_ends_in_the_not_found_state(weft: Installation, stock: Any) -> None:
    stranger = await stock("y-websocket-3", "eve", weft.document())
    answer = await stranger.do("closed", code=4404)
    assert not answer["wsconnected"]


async def test_a_stock_reader_stays_connected_though_what_it_writes_is_refused(weft: Installation, stock: Any) -> None:
    document = weft.document()
    ann = await weft.client("ann", document).opened()
    reader = await stock("y-websocket-3", "rea", document)
    await reader.do("synced")
    await reader.do("type", text="graffiti")
    await ann.type("kept")
    answer = await reader.do("contain", text="kept")
    assert answer["wsconnected"]
    await until(lambda: ann.all_saved)
    assert weft.stored(document).text == "kept"
    await ann.stop()
