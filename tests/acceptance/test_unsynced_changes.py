"""Hocuspocus's `unsyncedChanges` is a promise: at 0 everything is committed, and it is at 0 once everything is."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest_asyncio

from tests.acceptance.hocuspocus_provider import VERSIONS, Provider
from tests.acceptance.installation import Installation

WRITES = ["one ", "two ", "three "]


@contextmanager
def nothing_is_committed(weft: Installation, document: str) -> Iterator[None]:
    """The test holds the lock that every commit of the document needs."""
    if weft.database == "sqlite":
        database = sqlite3.connect(weft.weft.home / "weft.sqlite3", timeout=20, isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")
        database.close()
    else:
        with psycopg.connect(weft.weft.environment["DATABASE_URL"]) as connection:
            connection.execute("SELECT 1 FROM documents_log WHERE document_id = %s FOR UPDATE", [UUID(document)])
            yield
            connection.rollback()


@pytest_asyncio.fixture
async def writers(weft: Installation) -> AsyncIterator[tuple[str, list[Provider]]]:
    """One provider of each version on a new document, each with the text at every zero beside what was stored then."""
    document = weft.document()
    providers = [await Provider(version, weft.weft.url).start() for version in VERSIONS]
    for provider in providers:
        provider.on_zero = lambda told, provider=provider: provider.zeros.append(  # type: ignore[misc]
            {**told, "stored": weft.stored(document).text}
        )
        await provider.do("attach", document=document, token=weft.people["ann"]["token"])
    for provider in providers:
        await provider.do("until", unsynced=0)
    yield document, providers
    for provider in providers:
        await provider.stop()


async def test_it_does_not_reach_zero_before_the_commit_and_does_right_after(
    weft: Installation, writers: tuple[str, list[Provider]]
) -> None:
    document, providers = writers
    zeros_before = [len(provider.zeros) for provider in providers]
    with nothing_is_committed(weft, document):
        for provider in providers:
            for word in WRITES:
                await provider.do("type", text=word)
        # They get every other answer meanwhile: a heartbeat's time of nothing but these counts would prove little.
        for provider in providers:
            await provider.do("caret", state={"cursor": provider.version})
        for provider in providers:
            seen = await others_carets(provider)
            assert seen["unsynced"] == len(WRITES)
        assert [len(provider.zeros) for provider in providers] == zeros_before
        assert weft.stored(document).text == ""
    for provider in providers:
        await provider.do("until", unsynced=0)
    assert sorted(weft.stored(document).text.split()) == sorted(word.strip() for word in WRITES * len(VERSIONS))


async def test_at_every_zero_all_that_was_written_is_stored(
    weft: Installation, writers: tuple[str, list[Provider]]
) -> None:
    document, providers = writers

    async def write(number: int, provider: Provider) -> None:
        for count in range(40):
            await provider.do("type", text=f"<{number}.{count}>")
            if count % 5 == 4:
                await provider.do("until", unsynced=0)
        await provider.do("until", unsynced=0)

    await asyncio.gather(*(write(number, provider) for number, provider in enumerate(providers)))
    for number, provider in enumerate(providers):
        assert len(provider.zeros) >= 8
        for zero in provider.zeros:
            assert zero["unsynced"] == 0
            mine = [part for part in zero["text"].split("<") if part.startswith(f"{number}.")]
            assert all(part in zero["stored"] for part in mine), (provider.version, zero)
    assert weft.stored(document).text.count("<") == 40 * len(VERSIONS)


async def others_carets(provider: Provider) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            answer = await provider.do("state")
            if len([state for state in answer["states"] if "cursor" in state]) == len(VERSIONS):
                return answer
            await asyncio.sleep(0.01)
