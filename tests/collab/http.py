"""Requests to the HTTP transports of a `Network`'s processes, as an ASGI server would bring them.

http = Http(network, tokens)
answer = await http.ask("ann", "POST", "push", update)
stream = await http.stream("ann", process=1)
assert (await stream.event("hello"))["may_edit"]
"""

import asyncio
import base64
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from collab.protocol import guard
from collab.protocol.lib0 import varbytes, varuint
from collab.transports.http import HttpTransports
from presence.feed import Feed
from tests.collab.network import Network, until


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json()["error"]["code"])


class Exchange:
    """One request under way."""

    def __init__(self, app: Any, scope: Mapping[str, Any], body: bytes) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.complete = asyncio.Event()
        self.begun = asyncio.Event()
        self.reading = asyncio.Event()
        self.reading.set()
        self.events: list[tuple[str, str, str]] = []
        """(name, data, id) of server-sent events."""
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._incoming.put_nowait({"type": "http.request", "body": body, "more_body": False})
        self.running = asyncio.create_task(app(dict(scope), self._incoming.get, self._send))

    def hang_up(self) -> None:
        self._incoming.put_nowait({"type": "http.disconnect"})

    async def answer(self) -> Answer:
        async with asyncio.timeout(20):
            await self.complete.wait()
        self.hang_up()
        await self.running
        return Answer(self.status, self.headers, self.body)

    async def event(self, name: str, number: int = 1) -> Any:
        """The data of the so-manyth event of a name; awareness as {client_id: state}, updates as bytes."""
        async with asyncio.timeout(10):
            while len(found := [data for kind, data, _ in self.events if kind == name]) < number:
                await asyncio.sleep(0.002)
        data = found[number - 1]
        return base64.b64decode(data) if name == "update" else states(data) if name == "awareness" else json.loads(data)

    @property
    def carets(self) -> dict[int, Any]:
        known: dict[int, Any] = {}
        for kind, data, _ in self.events:
            if kind == "awareness":
                known.update(states(data))
        return known

    async def _send(self, event: dict[str, Any]) -> None:
        await self.reading.wait()
        if event["type"] == "http.response.start":
            self.status = event["status"]
            self.headers = {name.decode(): value.decode() for name, value in event["headers"]}
            self.begun.set()
            return
        self.body += event.get("body", b"")
        if self.headers.get("content-type", "").startswith("text/event-stream"):
            *blocks, self.body = self.body.split(b"\n\n")
            for block in blocks:
                fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if line[:1] != ":")
                if fields:
                    self.events.append((fields.get("event", "message"), fields["data"], fields.get("id", "")))
        if not event.get("more_body", False):
            self.complete.set()


class Http:
    def __init__(self, network: Network, tokens: dict[str, str]) -> None:
        self.network, self.tokens = network, tokens
        self.feeds = [Feed(settings.REDIS.plain) for _ in network.hubs]
        self.apps = [HttpTransports(hub, feed) for hub, feed in zip(network.hubs, self.feeds, strict=True)]
        self._open: list[Exchange] = []

    async def follow_events(self) -> None:
        """For tests of people's own events: start what hears them."""
        for app, feed in zip(self.apps, self.feeds, strict=True):
            await app.start()
            await until(lambda feed=feed: feed.last > (0, 0))  # type: ignore[misc]

    async def stop(self) -> None:
        for exchange in self._open:
            exchange.hang_up()
        await asyncio.gather(*(exchange.running for exchange in self._open))
        for app in self.apps:
            await app.stop()

    def begin(
        self, who: str, method: str, path: str, body: bytes = b"", *, process: int = 0, **headers: str
    ) -> Exchange:
        """`path`: below the document, or with a slash in front from the top."""
        target = path if path.startswith("/") else f"/sync/{self.network.document_id}/{path}"
        parts = urlsplit(target.rstrip("/"))
        given = {"host": "testserver", **headers}
        if who:
            given["authorization"] = f"Bearer {self.tokens[who]}"
        scope = {
            "type": "http",
            "method": method,
            "path": parts.path,
            "query_string": parts.query.encode(),
            "headers": [(name.lower().replace("_", "-").encode(), value.encode()) for name, value in given.items()],
        }
        exchange = Exchange(self.apps[process], scope, body)
        self._open.append(exchange)
        return exchange

    async def ask(self, who: str, method: str, path: str, body: bytes = b"", **how: Any) -> Answer:
        return await self.begin(who, method, path, body, **how).answer()

    async def stream(
        self, who: str, path: str = "events", *, client: int | None = None, process: int = 0, **headers: str
    ) -> Exchange:
        path = path if client is None else f"{path}?client={client}"
        exchange = self.begin(who, "GET", path, b"", process=process, **headers)
        async with asyncio.timeout(20):
            await exchange.begun.wait()
        return exchange

    async def move(self, who: str, client_id: int, clock: int, state: Any, *, process: int = 0) -> Answer:
        payload = varuint(1) + varuint(client_id) + varuint(clock) + varbytes(json.dumps(state).encode())
        return await self.ask(who, "POST", "awareness", payload, process=process)


def states(data: str) -> dict[int, Any]:
    found = guard.scan_awareness(base64.b64decode(data))
    return {client_id: None if state is None else json.loads(state) for client_id, _, state in found}


OpenHttp = Callable[..., Coroutine[Any, Any, Http]]
