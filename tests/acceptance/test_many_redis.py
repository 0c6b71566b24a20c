"""Redis behind Sentinels, and as a cluster: processes hear each other through it, and again after it has changed."""

import asyncio
import shutil
import signal
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from collab.relay import CONTROL, channel
from tests.acceptance.client import Client, until
from tests.acceptance.installation import Installation, running
from tests.acceptance.many_redis import Cluster, Sentinels, Server


@pytest.fixture(scope="module")
def watched() -> Iterator[tuple[Installation, Sentinels]]:
    """Everything behind Sentinels: relay, sessions, jobs, streams."""
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    redis = Sentinels(home)
    with running(home, "sqlite", documents=4, WEB_WORKERS="2", REDIS_URL=redis.url) as weft:
        yield weft, redis
    redis.close()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def clustered() -> Iterator[tuple[Installation, Cluster]]:
    """The relay by a cluster of three, everything else by a Redis beside it."""
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    redis, plain = Cluster(home), Server(home)
    urls = {"REDIS_URL": redis.url, "REDIS_PLAIN_URL": f"redis://127.0.0.1:{plain.port}"}
    with running(home, "sqlite", documents=30, WEB_WORKERS="2", **urls) as weft:
        yield weft, redis
    redis.close()
    plain.stop()
    shutil.rmtree(home, ignore_errors=True)


async def by_relay(ann: Client, ben: Client, number: int, within: float = 5.0) -> None:
    """A caret crosses, and nothing else would carry one. Moved again, for what was under way when Redis changed is
    lost."""
    clock = 0
    until_then = time.monotonic() + within
    while (ben.states.get(number) or {}).get("cursor") is None:
        assert time.monotonic() < until_then, f"no caret in {within:g} s"
        clock += 1
        await ann.move(number, clock, {"cursor": clock})
        await asyncio.sleep(0.1)


def listens_to_people(weft: Installation) -> bool:
    """/readyz asks every Redis; signing in works again."""
    with urllib.request.urlopen(f"{weft.weft.url}/readyz", timeout=10) as answer:
        return b'"redis": "ok"' in answer.read()


async def test_with_sentinels_edits_and_carets_cross(watched: tuple[Installation, Sentinels]) -> None:
    weft, _ = watched
    ann, ben = await weft.spread(weft.document())
    await by_relay(ann, ben, 501)
    started = time.monotonic()
    for number in range(10):
        await ann.type(f"{number} ")
        await until(lambda number=number: ben.text.endswith(f"{number} "))  # type: ignore[misc]
    assert time.monotonic() - started < 3, "looking at the log would take half a second each"
    assert listens_to_people(weft)
    await asyncio.gather(ann.stop(), ben.stop())


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("fate", "seconds"), [("killed", 15), ("hanging", 30)])
async def test_when_the_primary_is_gone_the_replica_takes_its_place_within_seconds_and_nothing_is_lost(
    watched: tuple[Installation, Sentinels], fate: str, seconds: float
) -> None:
    weft, redis = watched
    document = weft.document()
    ann, ben = await weft.spread(document)
    await by_relay(ann, ben, 502)
    primary = redis.primary()
    primary.stop(signal.SIGKILL if fate == "killed" else signal.SIGSTOP)
    try:
        for number in range(20):  # meanwhile, by the log
            await (ann if number % 2 else ben).type(f"{number} ")
            await asyncio.sleep(0.05)
        await until(lambda: ann.all_saved and ben.all_saved and ann.text == ben.text, 20)
        await by_relay(ann, ben, 503, seconds)
        await by_relay(ben, ann, 504, seconds)
    finally:
        redis.bring_back(primary)
    await until(lambda: listens_to_people(weft), 20)
    assert weft.stored(document).text == ann.text == ben.text
    assert len(ann.text.split()) == 20
    assert ann.connections == ben.connections == 1
    await asyncio.gather(ann.stop(), ben.stop())


async def test_with_a_cluster_edits_and_carets_cross_on_every_node(clustered: tuple[Installation, Cluster]) -> None:
    weft, redis = clustered
    documents = one_on_each_node(weft, redis)
    assert redis.node_of(CONTROL)
    for number, document in enumerate(documents):
        ann, ben = await weft.spread(document)
        await by_relay(ann, ben, 510 + number)
        started = time.monotonic()
        for word in range(10):
            await ann.type(f"{word} ")
            await until(lambda word=word, ben=ben: ben.text.endswith(f"{word} "))  # type: ignore[misc]
        assert time.monotonic() - started < 3, "looking at the log would take half a second each"
        await asyncio.gather(ann.stop(), ben.stop())
    assert listens_to_people(weft)


async def test_who_is_signed_out_by_a_program_beside_the_cluster_s_processes_is_out_at_once(
    clustered: tuple[Installation, Cluster],
) -> None:
    weft, _ = clustered
    ann, ben = await weft.spread(weft.document())
    announce = 'from collab.relay import CONTROL, announce; announce(CONTROL, [b"s", %d, None])'
    weft.shell(announce % weft.people["ben"]["id"])
    await until(lambda: ben.closed is not None, 3)  # they look by themselves every 10 s
    await asyncio.gather(ann.stop(), ben.stop())


@pytest.mark.timeout(180)
async def test_a_slot_that_moves_takes_its_documents_along(clustered: tuple[Installation, Cluster]) -> None:
    weft, redis = clustered
    document = weft.document()
    name = channel(UUID(document))
    ann, ben = await weft.spread(document)
    await by_relay(ann, ben, 521)
    before = redis.node_of(name)
    after = next(node for node in redis.nodes if node is not before)
    redis.move(name, after)
    assert redis.node_of(name) is after
    await by_relay(ann, ben, 522)
    await by_relay(ben, ann, 523)
    assert int(after.ask("PUBSUB", "SHARDNUMSUB", name)[1]) == 2
    await asyncio.gather(ann.stop(), ben.stop())


@pytest.mark.timeout(180)
async def test_while_a_node_is_away_its_documents_go_by_the_log_and_afterwards_all_is_well(
    clustered: tuple[Installation, Cluster],
) -> None:
    weft, redis = clustered
    document = weft.document()
    ann, ben = await weft.spread(document)
    await by_relay(ann, ben, 531)
    node = redis.node_of(channel(UUID(document)))
    node.stop()
    for number in range(10):
        started = time.monotonic()
        await ann.type(f"{number} ")
        await until(lambda number=number: ben.text.endswith(f"{number} "), 5)  # type: ignore[misc]
        assert number == 0 or time.monotonic() - started < 1.0
    assert ann.all_saved
    node.start()
    await by_relay(ann, ben, 532, 20)
    await by_relay(ben, ann, 533, 20)
    assert weft.stored(document).text == ann.text == ben.text
    await asyncio.gather(ann.stop(), ben.stop())


def one_on_each_node(weft: Installation, redis: Cluster) -> list[str]:
    found: dict[int, str] = {}
    while len(found) < len(redis.nodes):
        document = weft.document()
        found.setdefault(redis.node_of(channel(UUID(document))).port, document)
    return list(found.values())
