"""Two processes' relays over a real Redis: nobody is left out for having come at the wrong moment."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from django.conf import settings
from redis import Redis

from collab import relay
from collab.metrics import COUNTERS
from collab.relay import CONTROL, Message, RedisRelay, channel
from tests.collab.network import until


class Process:
    """What one relay hears."""

    def __init__(self) -> None:
        self.relay = RedisRelay(settings.REDIS.relay)
        self.heard: list[Message] = []
        self.losses = 0
        """How often it was told, having begun anew, that it may have missed something."""

    async def start(self) -> "Process":
        await self.relay.start(self._hear, self._restored)
        await until(lambda: self.relay.healthy)
        return self

    def _hear(self, document_id: UUID | None, message: Message) -> None:
        if document_id is not None:
            self.heard.append(message)

    def _restored(self) -> None:
        self.losses += 1

    def heads(self) -> list[int]:
        return [message[3] for message in self.heard if message[0] == b"m"]


def thinks_it_is_alone(process: Process, document_id: UUID) -> bool:
    return process.relay._documents[channel(document_id)].alone_until > 0


@pytest_asyncio.fixture
async def processes() -> AsyncIterator[list[Process]]:
    found = [await Process().start() for _ in range(2)]
    yield found
    for process in found:
        await process.relay.stop()


async def test_who_is_alone_says_nothing_until_somebody_else_is_heard(processes: list[Process]) -> None:
    ann, ben = processes
    document = uuid4()
    await ann.relay.subscribe(document)
    ann.relay.publish(document, [b"m", 1, 1])
    await until(lambda: thinks_it_is_alone(ann, document))
    await ben.relay.subscribe(document)
    ann.relay.publish(document, [b"m", 1, 2])
    ben.relay.publish(document, [b"q"])
    await until(lambda: len(ann.heard) == 1)
    ann.relay.publish(document, [b"m", 1, 3])
    await until(lambda: 3 in ben.heads())
    assert ben.heads() == [3]


async def test_who_comes_while_it_is_counted_that_nobody_else_is_there_is_not_left_out(
    processes: list[Process],
) -> None:
    """The count comes by another connection than the newcomer's question, and may come after it."""
    ann, ben = processes
    document = uuid4()
    await ann.relay.subscribe(document)
    publish, was_counted, ben_was_heard = ann.relay._wire.publish, asyncio.Event(), asyncio.Event()

    async def counted_slowly(messages: Sequence[tuple[bytes, bytes]]) -> list[int]:
        counts = await publish(messages)
        was_counted.set()
        await ben_was_heard.wait()
        return counts

    ann.relay._wire.publish = counted_slowly  # type: ignore[method-assign]
    ann.relay.publish(document, [b"m", 1, 1])
    await was_counted.wait()
    await ben.relay.subscribe(document)
    ben.relay.publish(document, [b"q"])
    await until(lambda: len(ann.heard) == 1)
    ben_was_heard.set()
    # What is known of a document published after it comes after it.
    another = uuid4()
    await ann.relay.subscribe(another)
    ann.relay.publish(another, [b"m", 1, 1])
    await until(lambda: thinks_it_is_alone(ann, another))
    ann.relay.publish(document, [b"m", 1, 2])
    await until(lambda: 2 in ben.heads(), seconds=2)


async def test_who_hears_nothing_itself_still_speaks_to_the_others(processes: list[Process]) -> None:
    """Redis hangs up on who takes its messages too slowly. One who heard is then not that process itself."""
    ann, ben = processes
    document = uuid4()
    for process in processes:
        await process.relay.subscribe(document)
    assert ann.relay._line is not None
    ann.relay._line._pubsub.connection._writer.close()  # type: ignore[attr-defined]
    await until(lambda: not ann.relay.healthy)
    for head in (1, 2):
        ann.relay.publish(document, [b"m", 1, head])
        await until(lambda head=head: head in ben.heads(), seconds=2)  # type: ignore[misc]
    await until(lambda: ann.relay.healthy)
    ann.relay.publish(document, [b"m", 1, 3])
    await until(lambda: 3 in ben.heads(), seconds=2)


async def test_a_document_opens_though_the_subscriptions_end_while_it_waits_for_its_own(
    processes: list[Process], redis: Redis
) -> None:
    """Not even late: it goes on as with Redis down. Its people once got an empty answer 500."""
    relay = processes[0].relay
    document = uuid4()
    assert relay._line is not None
    asked = asyncio.Event()

    async def ask_in_vain(*channels: bytes) -> None:
        asked.set()

    relay._line.subscribe = ask_in_vain  # type: ignore[method-assign]
    opening = asyncio.create_task(relay.subscribe(document))
    await asked.wait()
    redis.client_kill_filter(_type="pubsub")
    await opening
    await until(lambda: relay.healthy)
    processes[1].relay.publish(document, [b"m", 1, 1])
    await until(lambda: processes[0].heads() == [1])


@pytest.mark.parametrize("strange", [b"", b"\xc1", b"\x01", b"\x90", b"\x91\xa1e", b"\x81\x90\x01", b"OK", b"{}"])
async def test_a_process_goes_on_listening_whatever_strangers_say(
    processes: list[Process], redis: Redis, strange: bytes
) -> None:
    ann, ben = processes
    document = uuid4()
    await ann.relay.subscribe(document)
    for name in (CONTROL, channel(document)):
        redis.publish(name, strange)
    ben.relay.publish(document, [b"m", 1, 1])
    await until(lambda: ann.heads() == [1])
    assert ann.losses == 0


async def test_a_process_listens_again_after_a_defect(
    processes: list[Process], redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """Not a lost connection: an exception that nobody thought of."""
    ann, ben = processes
    document = uuid4()
    await ann.relay.subscribe(document)
    take, taken = ann.relay._take, []

    def fail_once(name: bytes, payload: bytes) -> None:
        taken.append(payload)
        if len(taken) == 1:
            raise AttributeError
        take(name, payload)

    ann.relay._take = fail_once  # type: ignore[method-assign]
    ben.relay.publish(document, [b"m", 1, 1])
    await until(lambda: ann.losses == 1)
    assert "the relay failed" in caplog.text
    ben.relay.publish(document, [b"m", 1, 2])
    await until(lambda: ann.heads() == [2])


async def test_a_process_sends_again_after_a_defect(processes: list[Process], caplog: pytest.LogCaptureFixture) -> None:
    ann, ben = processes
    document = uuid4()
    await ben.relay.subscribe(document)
    publish, failed = ann.relay._wire.publish, asyncio.Event()

    async def fail_once(messages: Sequence[tuple[bytes, bytes]]) -> list[int]:
        ann.relay._wire.publish = publish  # type: ignore[method-assign]
        failed.set()
        raise AttributeError

    ann.relay._wire.publish = fail_once  # type: ignore[method-assign]
    ann.relay.publish(document, [b"m", 1, 1])
    await failed.wait()
    ann.relay.publish(document, [b"m", 1, 2])
    await until(lambda: ben.heads() == [2])
    assert "messages could not be sent" in caplog.text


async def test_what_waits_for_redis_has_a_bound_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "PENDING_BYTES", 1_000)
    process = Process()  # not started: as when Redis takes nothing
    before = COUNTERS["relay_dropped"]
    for head in range(10):
        process.relay.publish(uuid4(), [b"e", 1, [[head, 1, b"x" * 400]]])
    assert COUNTERS["relay_dropped"] == before + 7
    await process.start()
    process.relay.publish(uuid4(), [b"m", 1, 1])
    await until(lambda: process.relay.gauges()["relay_pending"] == 0)
    assert COUNTERS["relay_dropped"] == before + 7
    await process.relay.stop()
