"""People's events, numbered: what one process records, every other can say from any cursor on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

import pytest
import pytest_asyncio
from django.conf import settings
from redis import Redis

from presence import feed as feed_module
from presence.feed import Entry, Feed, Listener, parse, record, text_of


@dataclass(frozen=True)
class SignIn:
    user_id: int
    proof: str | None = None


@pytest_asyncio.fixture
async def feed() -> AsyncIterator[Feed]:
    feed = Feed(settings.REDIS.plain)
    await feed.start()
    await until(lambda: feed.last > (0, 0))
    yield feed
    await feed.stop()


async def until(question: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not question():
            await asyncio.sleep(0.005)


async def tell(kind: str, *groups: str) -> None:
    await record(settings.REDIS.plain, groups, {"event": {"kind": kind}})


def kinds(feed: Feed, cursor: tuple[int, int], *groups: str) -> list[str] | None:
    entries = feed.after(cursor, groups)
    return None if entries is None else [entry.event["kind"] for entry in entries if entry.event]


async def test_what_follows_a_cursor_is_said_to_those_it_concerns(feed: Feed) -> None:
    start = feed.last
    await tell("a", "user-1")
    await tell("b", "user-2", "workspace-x")
    await tell("c", "user-1", "workspace-x")
    await until(lambda: kinds(feed, start, "user-1") == ["a", "c"])
    assert kinds(feed, start, "user-2") == ["b"]
    assert kinds(feed, start, "workspace-x") == ["b", "c"]
    [first, *_] = feed.after(start, ["user-1"]) or []
    assert kinds(feed, first.cursor, "user-1") == ["c"]
    assert kinds(feed, feed.last, "user-1") == []
    assert parse(text_of(first.cursor)) == first.cursor


async def test_a_process_that_starts_later_knows_what_was_said_before(feed: Feed) -> None:
    await tell("a", "user-1")
    await tell("b", "user-1")
    await until(lambda: len(feed._entries) == 2)
    cursor = feed._entries[0].cursor
    other = Feed(settings.REDIS.plain)
    await other.start()
    await until(lambda: kinds(other, cursor, "user-1") == ["b"])
    await other.stop()


async def test_a_cursor_that_is_too_old_is_told_so(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    start = feed.last
    small = Feed(settings.REDIS.plain)
    monkeypatch.setattr(feed_module, "KEPT", 3)
    small._entries = type(small._entries)(maxlen=3)
    await small.start()
    await until(lambda: small.last > (0, 0))
    for kind in "abcde":
        await tell(kind, "user-1")
    await until(lambda: len(small._entries) == 3 and small.last > small._entries[1].cursor)
    assert kinds(small, start, "user-1") is None
    assert kinds(small, small.since, "user-1") == ["c", "d", "e"]
    await small.stop()


async def test_a_listener_wakes_for_its_groups_alone(feed: Feed) -> None:
    ann, ben = (Listener(SignIn(user_id), frozenset({f"user-{user_id}"})) for user_id in (1, 2))
    woken = {listener.identity.user_id: asyncio.Event() for listener in (ann, ben)}
    for listener in (ann, ben):
        listener.waiting.add(woken[listener.identity.user_id])
        feed.listeners.add(listener)
    await tell("a", "user-1")
    await until(woken[1].is_set)
    assert not woken[2].is_set()
    assert not ann.stale
    await tell("memberships", "user-2")
    await until(woken[2].is_set)
    assert ben.stale


@pytest.mark.parametrize(("proofs", "ends"), [(None, True), (["key"], True), (["another"], False)])
async def test_the_end_of_a_sign_in_ends_its_listener(feed: Feed, proofs: list[str] | None, ends: bool) -> None:
    ann = Listener(SignIn(1, "key"), frozenset({"user-1"}))
    feed.listeners.add(ann)
    await record(settings.REDIS.plain, ["user-1"], {"ended": proofs})
    await tell("last", "user-1")
    await until(lambda: kinds(feed, feed.since, "user-1") == ["last"])
    assert ann.ended is ends


async def test_after_redis_was_away_everybody_starts_anew(feed: Feed, redis: Redis) -> None:
    await tell("a", "user-1")
    before = feed.since
    await until(lambda: kinds(feed, before, "user-1") == ["a"])
    ann = Listener(SignIn(1), frozenset({"user-1"}))
    feed.listeners.add(ann)
    redis.client_kill_filter(_type="normal", skipme=True)
    await until(lambda: ann.stale)
    assert kinds(feed, before, "user-1") is None
    cursor = feed.last
    await tell("b", "user-1")
    await until(lambda: kinds(feed, cursor, "user-1") == ["b"])


async def test_a_strange_entry_is_passed_over(feed: Feed, redis: Redis) -> None:
    start = feed.last
    redis.xadd(feed_module.STREAM, {"entry": "[1"})
    redis.xadd(feed_module.STREAM, {"something": "else"})
    await tell("a", "user-1")
    await until(lambda: kinds(feed, start, "user-1") == ["a"])


async def test_a_defect_does_not_end_the_feed(feed: Feed, caplog: pytest.LogCaptureFixture) -> None:
    take = feed._take

    def fail_once(entries: Iterable[Entry]) -> None:
        feed._take = take  # type: ignore[method-assign]
        raise AttributeError

    feed._take = fail_once  # type: ignore[method-assign]
    before = feed.last
    await tell("a", "user-1")
    await until(lambda: feed.since == feed.last > before)
    assert "the feed of events failed" in caplog.text
    start = feed.last
    await tell("b", "user-1")
    await until(lambda: kinds(feed, start, "user-1") == ["b"])
