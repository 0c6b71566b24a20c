"""The consumer of `weft:publish` among others of its kind: what it takes over, what it gives up, what it leaves."""

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import OperationalError
from redis import Redis

from collab import publishing
from collab.metrics import COUNTERS
from collab.publishing import DEAD, GROUP, STREAM, Publishing, dead_letters
from documents import actions
from documents.envelope import sign
from documents.models import Notification
from tests.acceptance.client import until

World = tuple[UUID, dict[str, int]]
Starting = Callable[[], Publishing]


@pytest_asyncio.fixture
async def start(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Starting]:
    """Starts a consumer, as a web process does; a quick one, so that nobody waits."""
    monkeypatch.setattr(publishing, "ABANDONED_SECONDS", 0.05)
    monkeypatch.setattr(publishing, "TEND_SECONDS", 0.02)
    monkeypatch.setattr(publishing, "PAUSE", 0.01)
    started: list[Publishing] = []

    def start() -> Publishing:
        consumer = Publishing(settings.REDIS.plain)
        consumer.start()
        started.append(consumer)
        return consumer

    yield start
    for consumer in started:
        await consumer.stop()


def put(redis: Redis, world: World, title: str = "News", **fields: Any) -> str:
    envelope = {"v": 1, "id": title, "to": f"user:{world[1]['ann']}", "kind": "notification", "data": {"title": title}}
    payload = json.dumps({**envelope, "at": time.time(), **fields}).encode()
    added: Any = redis.xadd(STREAM, {"payload": payload, "signature": sign(payload, settings.PUBLISH_KEY)})
    return str(added.decode())


@sync_to_async
def inbox() -> list[str]:
    return list(Notification.objects.order_by("created_at").values_list("title", flat=True))


def reasons() -> list[str]:
    return [letter.reason for letter in dead_letters(10)]


async def test_what_was_published_before_anybody_listened_is_taken(redis: Redis, world: World, start: Starting) -> None:
    for title in ("one", "two"):
        put(redis, world, title)
    start()
    await until(lambda: redis.xlen(STREAM) == 0)
    assert await inbox() == ["one", "two"]


async def test_what_another_took_and_never_finished_is_done(redis: Redis, world: World, start: Starting) -> None:
    redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    put(redis, world)
    redis.xreadgroup(GROUP, "died", {STREAM: ">"})
    start()
    await until(lambda: redis.xlen(STREAM) == 0)
    assert await inbox() == ["News"]


async def test_what_ended_every_process_it_was_given_to_is_a_dead_letter(
    redis: Redis, world: World, start: Starting
) -> None:
    redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    entry = put(redis, world)
    redis.xreadgroup(GROUP, "died", {STREAM: ">"})
    for _ in range(publishing.TRIES - 1):
        redis.xclaim(STREAM, GROUP, "died too", 0, [entry])
    start()
    await until(lambda: reasons() == ["failed"])
    assert await inbox() == []
    assert redis.xlen(STREAM) == 0


async def test_what_fails_unexpectedly_is_tried_five_times(
    redis: Redis, world: World, start: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[bytes] = []

    def fail(payload: bytes, signature: str, **_: Any) -> actions.Verdict:
        tries.append(payload)
        raise KeyError("a fault of ours")

    monkeypatch.setattr(actions, "publish", fail)
    put(redis, world)
    start()
    await until(lambda: reasons() == ["failed"])
    assert len(tries) == publishing.TRIES


async def test_a_database_that_is_away_is_waited_for_longer_than_that(
    redis: Redis, world: World, start: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = actions.publish, 0

    def away(*args: Any, **kwargs: Any) -> actions.Verdict:
        nonlocal tries
        tries += 1
        if tries <= 2 * publishing.TRIES:
            raise OperationalError("the database is away")
        return real(*args, **kwargs)

    monkeypatch.setattr(actions, "publish", away)
    monkeypatch.setattr(publishing, "LONGEST_PAUSE", 0.02)
    before = COUNTERS["publish_waited"]
    put(redis, world)
    start()
    start()  # takes nothing over from one that only waits
    await until(lambda: redis.xlen(STREAM) == 0)
    assert await inbox() == ["News"]
    assert reasons() == []
    assert COUNTERS["publish_waited"] == before + 2 * publishing.TRIES


async def test_one_answer_that_cannot_be_read_makes_nobody_deaf(
    redis: Redis, world: World, start: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, broken = publishing._entries, iter([True])

    def fail_once(answer: Any) -> list[tuple[str, dict[bytes, bytes]]]:
        if answer and next(broken, False):
            raise KeyError("a fault of ours, or of redis-py's")
        return read(answer)

    monkeypatch.setattr(publishing, "_entries", fail_once)
    put(redis, world)
    start()
    await until(lambda: redis.exists(STREAM) and redis.xlen(STREAM) == 0)
    assert await inbox() == ["News"]
    assert next(broken, None) is None


async def test_a_stream_that_is_emptied_under_it_is_begun_anew(redis: Redis, world: World, start: Starting) -> None:
    start()
    put(redis, world, "before")
    await until(lambda: redis.exists(STREAM) and redis.xlen(STREAM) == 0)
    redis.flushall()
    put(redis, world, "after")
    await until(lambda: redis.xinfo_groups(STREAM) and redis.xlen(STREAM) == 0)
    assert await inbox() == ["before", "after"]


async def test_dead_letters_are_bounded_in_number_and_size(
    redis: Redis, world: World, start: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "DEAD_KEPT", 3)
    for number in range(5):
        redis.xadd(STREAM, {"payload": f"{number}" * 50_000, "signature": "forged" * 100})
    start()
    await until(lambda: redis.exists(STREAM) and redis.xlen(STREAM) == 0)
    assert redis.xlen(DEAD) == 3
    assert [len(letter.payload) for letter in dead_letters(10)] == [publishing.DEAD_BYTES] * 3


async def test_who_leaves_in_peace_leaves_no_name_behind(redis: Redis, world: World, start: Starting) -> None:
    consumer = start()
    put(redis, world)
    await until(lambda: redis.exists(STREAM) and redis.xlen(STREAM) == 0)
    assert len(redis.xinfo_consumers(STREAM, GROUP)) == 1
    await consumer.stop()
    assert redis.xinfo_consumers(STREAM, GROUP) == []
