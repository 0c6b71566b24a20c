"""What carries the relay's messages: one Redis by its pub/sub, or a cluster by sharded pub/sub.

Nothing is promised but this: `publish` tells of each message how many heard it, and a `Line` says so when it breaks.
Then something may have been missed; nobody reconnects in silence, as redis-py would.

In a cluster ordinary pub/sub sends everything to every node, so that more nodes carry no more. Sharded pub/sub keeps a
channel on the node of its slot. redis-py's own client for it waits for one node after the other; here each node is
listened to by itself.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Protocol

import redis.asyncio
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import MovedError, RedisClusterException, RedisError

from collab.redis_servers import Cluster, Plain

SILENCE = 5.0
"""Seconds without a frame before a connection is probed; as long again and it is given up."""
CONNECT = 2.0
UNHEARD = 1_000
"""Messages of all nodes that may wait to be taken; then they wait in Redis's own buffers."""
DROPPED = -1

# No retries of redis-py's own, see above. socket_timeout None: redis-py 8 defaults to 5 s, which ends idle
# subscriptions.
OPTIONS: dict[str, Any] = {
    "socket_timeout": None,
    "socket_connect_timeout": CONNECT,
    "retry": Retry(NoBackoff(), 0),
}

Heard = tuple[bytes, bytes | None]
"""A channel and what was said on it; None: from now on it is heard."""


class Line(Protocol):
    """A listening to channels, until it breaks."""

    async def subscribe(self, *channels: bytes) -> None: ...

    async def unsubscribe(self, channel: bytes) -> None: ...

    async def next(self) -> Heard:
        """Raises what ended it, RedisError or OSError. For one caller at a time."""

    async def aclose(self) -> None: ...


class Wire(Protocol):
    async def line(self) -> Line: ...

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> list[int]:
        """How many heard each, or DROPPED. Raises RedisError or OSError when all are."""

    async def aclose(self) -> None: ...


def wire(server: Plain | Cluster) -> Wire:
    return ClusterWire(server) if isinstance(server, Cluster) else SingleWire(server.async_client(**OPTIONS))


class SingleWire:
    """One server, or one node of a cluster (`sharded`)."""

    def __init__(self, client: redis.asyncio.Redis, sharded: bool = False) -> None:
        self._client, self._sharded = client, sharded

    async def line(self) -> "SingleLine":
        return SingleLine(self._client.pubsub(), self._sharded)

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> list[int]:
        answers = await self.try_publish(messages)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def try_publish(self, messages: Sequence[tuple[bytes, bytes]]) -> list[Any]:
        """With an exception in the place of what was refused."""
        command = "SPUBLISH" if self._sharded else "PUBLISH"
        # A server that hangs keeps the connection open; so does a network that swallows.
        async with asyncio.timeout(2 * SILENCE), self._client.pipeline(transaction=False) as pipeline:
            for channel, payload in messages:
                pipeline.execute_command(command, channel, payload)
            return list(await pipeline.execute(raise_on_error=False))

    async def aclose(self) -> None:
        await self._client.aclose()


class SingleLine:
    def __init__(self, pubsub: PubSub, sharded: bool) -> None:
        self._pubsub, self._sharded = pubsub, sharded
        self._probed = False

    async def subscribe(self, *channels: bytes) -> None:
        # Also the connection is made here.
        async with asyncio.timeout(SILENCE):
            if not self._sharded:
                await self._pubsub.subscribe(*channels)
                return
            for channel in channels:  # several in one command must be of one slot
                await self._pubsub.ssubscribe(channel)

    async def unsubscribe(self, channel: bytes) -> None:
        await (self._pubsub.sunsubscribe(channel) if self._sharded else self._pubsub.unsubscribe(channel))

    async def next(self) -> Heard:
        while True:
            kind, channel, payload = await self.next_of_any_kind()
            if kind in ("message", "smessage"):
                return channel, payload
            if kind in ("subscribe", "ssubscribe"):
                return channel, None

    async def next_of_any_kind(self) -> tuple[str, bytes, Any]:
        while True:
            connection = self._pubsub.connection
            if connection is None or not connection.is_connected:
                # Somebody who subscribed found it broken; to read on would connect again.
                raise redis.ConnectionError("the subscription broke")
            message = await self._pubsub.get_message(timeout=SILENCE)
            if message is not None:
                self._probed = False
                return message["type"], message["channel"], message["data"]
            if self._probed:
                raise TimeoutError("no answer to a ping")
            await self._pubsub.ping()
            self._probed = True

    async def aclose(self) -> None:
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]


class ClusterWire:
    """A wire to each node that has slots. The map of slots is asked for anew with each line, and when a node says that
    a slot has moved."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._map = cluster.async_client(**OPTIONS)
        self._nodes: dict[tuple[str, int], SingleWire] = {}
        self._asking = asyncio.Lock()

    async def line(self) -> "ClusterLine":
        await self.look()
        return ClusterLine(self)

    async def look(self) -> None:
        """Ask for the map of slots. Raises RedisError or OSError."""
        async with self._asking:
            try:
                async with asyncio.timeout(2 * SILENCE):
                    await self._map.aclose()
                    await self._map.initialize()
            except RedisClusterException as fault:
                raise redis.ConnectionError(f"no view of the cluster: {fault}") from None
            there = {(node.host, int(node.port)) for node in self._map.get_primaries()}
            for address in set(self._nodes) - there:
                await self._nodes.pop(address).aclose()

    def at(self, channel: bytes) -> SingleWire:
        """The node of the channel's slot."""
        try:
            node = self._map.get_node_from_key(channel.decode())
        except RedisClusterException as fault:
            raise redis.ConnectionError(str(fault)) from None
        assert node is not None, "primaries only"
        address = (node.host, int(node.port))
        if address not in self._nodes:
            self._nodes[address] = SingleWire(self._cluster.node(address, **OPTIONS), sharded=True)
        return self._nodes[address]

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> list[int]:
        answers = await self._publish(messages)
        if any(isinstance(answer, MovedError) for answer in answers):
            await self.look()
            again = [number for number, answer in enumerate(answers) if isinstance(answer, MovedError)]
            found = await self._publish([messages[number] for number in again])
            for number, answer in zip(again, found, strict=True):
                answers[number] = answer
        faults = [answer for answer in answers if isinstance(answer, Exception)]
        if len(faults) == len(answers):
            # Not of one node: there may be others by now.
            await self.look()
            raise faults[0]
        return [DROPPED if isinstance(answer, Exception) else answer for answer in answers]

    async def _publish(self, messages: Sequence[tuple[bytes, bytes]]) -> list[Any]:
        answers: list[Any] = [None] * len(messages)
        by_node: dict[SingleWire, list[int]] = {}
        for number, (channel, _) in enumerate(messages):
            by_node.setdefault(self.at(channel), []).append(number)

        async def send(node: SingleWire, numbers: list[int]) -> None:
            try:
                found: list[Any] = await node.try_publish([messages[number] for number in numbers])
            except (RedisError, OSError) as fault:
                found = [fault] * len(numbers)
            for number, answer in zip(numbers, found, strict=True):
                answers[number] = answer

        await asyncio.gather(*(send(node, numbers) for node, numbers in by_node.items()))
        return answers

    async def aclose(self) -> None:
        for node in self._nodes.values():
            await node.aclose()
        await self._map.aclose()


class ClusterLine:
    """A line to each node that has one of the channels. When one breaks, all of it does: that node's slots are about to
    be somebody else's."""

    def __init__(self, wire: ClusterWire) -> None:
        self._wire = wire
        self._lines: dict[SingleWire, SingleLine] = {}
        self._wanted: set[bytes] = set()
        self._heard: asyncio.Queue[Heard | Exception] = asyncio.Queue(UNHEARD)
        self._listening: list[asyncio.Task[None]] = []
        self._opening = asyncio.Lock()

    async def subscribe(self, *channels: bytes) -> None:
        self._wanted.update(channels)
        by_node: dict[SingleWire, list[bytes]] = {}
        for channel in channels:
            by_node.setdefault(self._wire.at(channel), []).append(channel)
        async with self._opening:
            for node, its in by_node.items():
                if node in self._lines:
                    await self._lines[node].subscribe(*its)
                    continue
                self._lines[node] = line = await node.line()
                await line.subscribe(*its)
                self._listening.append(asyncio.create_task(self._listen(line)))

    async def unsubscribe(self, channel: bytes) -> None:
        self._wanted.discard(channel)
        if (line := self._lines.get(self._wire.at(channel))) is not None:
            await line.unsubscribe(channel)

    async def next(self) -> Heard:
        heard = await self._heard.get()
        if isinstance(heard, Exception):
            raise heard
        return heard

    async def _listen(self, line: SingleLine) -> None:
        try:
            while True:
                kind, channel, payload = await line.next_of_any_kind()
                if kind == "smessage":
                    await self._heard.put((channel, payload))
                elif kind == "ssubscribe":
                    await self._heard.put((channel, None))
                elif kind == "sunsubscribe" and channel in self._wanted:
                    # Its slot goes to another node. Should that not know of it yet, the line breaks and is made anew.
                    await self._wire.look()
                    await self.subscribe(channel)
        except Exception as fault:  # whatever it was, nobody listens to this node any more
            await self._heard.put(fault)

    async def aclose(self) -> None:
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        for line in self._lines.values():
            with contextlib.suppress(RedisError, OSError):
                await line.aclose()
