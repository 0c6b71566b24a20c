"""Unmodified `@hocuspocus/provider` 2, 3 and 4 over `/ws/hocuspocus`: joined, saved, refused, revoked, restarted."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.acceptance.client import until
from tests.acceptance.hocuspocus_provider import VERSIONS, Provider
from tests.acceptance.installation import Installation

every_version = pytest.mark.parametrize("version", VERSIONS)


@pytest_asyncio.fixture
async def provider(weft: Installation) -> AsyncIterator[Any]:
    """provider("hocuspocus-4", "ann", document) starts one, with the document attached as "a"."""
    started: list[Provider] = []

    async def start(version: str, name: str = "", document: str = "", **how: Any) -> Provider:
        new = await Provider(version, weft.weft.url).start()
        started.append(new)
        if document:
            await new.do("attach", document=document, token=weft.people[name]["token"], **how)
        return new

    yield start
    for one in started:
        await one.stop()


@every_version
async def test_what_a_provider_wrote_before_it_connected_is_saved_and_seen(
    weft: Installation, provider: Any, version: str
) -> None:
    document = weft.document()
    ann = await weft.client("ann", document).opened()
    ben = await provider(version, "ben", document, text="early ")
    saved = await ben.do("until", unsynced=0, synced=True)
    assert saved["events"][0] == "authenticated read-write"
    assert weft.stored(document).text == "early "
    await until(lambda: ann.text == "early ")
    await ann.type("late")
    await ben.do("until", text="early late")
    await ann.stop()
