"""Clients without a socket: they hear by server-sent events or by long poll, and speak by POST.

Each request opens a connection of its own, which the kernel gives to any web process: nothing may depend on which. One
in two polls stays on the connection of the last, as browsers do it.
"""

import asyncio
import base64
import json
import uuid
from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from documents import merging
from tests.acceptance.client import Client, let_sockets_close


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


class Refusal(Exception):
    """The server answered with an error: in its own words, or "unsaid", when a proxy or a failure of its answered."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        is_said = "json" in answer.headers.get("content-type", "")
        error: dict[str, Any] = (
            answer.json()["error"] if is_said else {"code": "unsaid", "message": answer.body.decode()}
        )
        self.word, self.code, self.message = error["code"], error.get("close_code", 0), error["message"]
        super().__init__(f"{self.status} {self.word}: {self.message}")


@dataclass
class Connection:
    """HTTP/1.1 by hand: tests must know their ports, and break off in the middle."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def open(cls, client: Client) -> "Connection":
        parts = urlsplit(client.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=client.trusted, limit=2**26)
        return cls(reader, writer, {"Host": parts.netloc, **client.headers})

    @property
    def local_port(self) -> int:
        return int(self.writer.get_extra_info("sockname")[1])

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a request, and read the beginning of its answer."""
        lines = [f"{method} {path} HTTP/1.1"]
        length = {"Content-Length": str(len(body))} if method == "POST" else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        lines += [f"{name}: {value}" for name, value in {**self.headers, **length, **named}.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await self.writer.drain()
        status, *fields = (await self.reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        found = dict(field.lower().split(": ", 1) for field in fields)
        return Answer(int(status.split()[1]), found)

    async def whole(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        answer = await self.ask(method, path, body, **headers)
        answer.body = await self.reader.readexactly(int(answer.headers.get("content-length", "0")))
        if answer.status >= 400:
            raise Refusal(answer)
        return answer

    async def events(self) -> AsyncIterator[dict[str, str]]:
        """The server-sent events of an answer that has begun, to its end."""
        rest = b""
        while (size := int(await self.reader.readline() or b"0", 16)) > 0:
            rest += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
            *complete, rest = rest.split(b"\n\n")
            for block in complete:
                fields = [line.split(": ", 1) for line in block.decode().split("\n") if not line.startswith(":")]
                if found := dict(fields):
                    yield found

    def close(self) -> None:
        if self.writer.get_extra_info("ssl_object") is None:
            self.writer.close()
        else:  # TLS would want to say goodbye, and be waited for
            self.writer.transport.abort()


class HttpClient(Client):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.client_id = self.random.getrandbits(31)
        """By which its stream or poll stands for its presence."""
        self.refused: set[int] = set()
        """Edits that weren't taken, since it may only read."""
        self.syncs = 0
        """How often it asked by state vector, instead of going on from its cursor."""
        self.tag = ""
        self._base = f"/sync/{self.document}"
        self._cursor = ""
        self._hearing: Connection | None = None
        self._pushing: asyncio.Task[None] | None = None
        self._typed = asyncio.Event()

    @property
    def local_port(self) -> int:
        assert self._hearing is not None
        return self._hearing.local_port

    async def stop(self) -> None:
        await super().stop()
        if self._pushing is not None:
            self._pushing.cancel()
            await asyncio.gather(self._pushing, return_exceptions=True)
            await let_sockets_close()

    async def post(self, path: str, body: bytes, **headers: str) -> Answer:
        connection = await Connection.open(self)
        try:
            return await connection.whole("POST", self._base + path, body, Connection="close", **headers)
        finally:
            connection.close()

    @abstractmethod
    async def _hear(self) -> None:
        """From the cursor on, until the connection ends."""

    async def _send_edit(self, number: int) -> None:
        self._typed.set()

    async def _send_awareness(self, payload: bytes) -> None:
        await self.post("/awareness", payload)

    async def _connection(self) -> None:
        self.connections += 1
        try:
            if not self._cursor:
                await self._sync()
            self.synced.set()
            if self._pushing is None:
                self._pushing = asyncio.create_task(self._push())
            await self._hear()
        except Refusal as refusal:
            self._cursor = ""
            self._ended(refusal.code or refusal.status, refusal.message)
        finally:
            if self._hearing is not None:
                self._hearing.close()
                self._hearing = None

    async def _sync(self) -> None:
        self.syncs += 1
        answer = (await self.post("", self.doc.get_state())).json()
        self.notices.append({"kind": "welcome", "user": answer["user"], "may_edit": answer["may_edit"]})
        self._take_update(_bytes(answer["update"]))
        self._take_awareness(_bytes(answer["awareness"]))
        self._passed(answer["cursor"])
        self.tag = answer["awareness_tag"]
        self._typed.set()

    def _passed(self, cursor: str) -> None:
        self._cursor = cursor
        epoch, seq = cursor.split(".")
        self.cursor = (int(epoch), int(seq))

    async def _push(self) -> None:
        """All that isn't saved, in one request after the other, each repeated under its key until it is answered."""
        while self.closed is None:
            await self._typed.wait()
            self._typed.clear()
            while open_edits := sorted(set(range(len(self.edits))) - self.saved - self.refused):
                update, key = merging.merge([self.edits[number] for number in open_edits]), str(uuid.uuid4())
                try:
                    await self._push_until_answered(update, key)
                except Refusal as refusal:
                    if refusal.word != "read_only":
                        self._ended(refusal.code, refusal.message)
                        return
                    self.refused |= set(open_edits)
                else:
                    self.saved |= set(open_edits)

    async def _push_until_answered(self, update: bytes, key: str) -> None:
        while True:
            try:
                await self.post("/push", update, Idempotency_Key=key)
            except Refusal as refusal:
                if refusal.word == "unsaid":  # by a proxy, or by a server that failed
                    self.codes.append(refusal.status)
                elif refusal.status not in (409, 429, 500, 503):
                    raise  # at 409 it is the hearing that begins anew
            except (OSError, EOFError, ValueError):
                pass  # no answer: whether it arrived, nobody knows
            else:
                return
            await asyncio.sleep(0.1 + self.random.random() * 0.2)


class StreamClient(HttpClient):
    """Hears by server-sent events."""

    async def _hear(self) -> None:
        self._hearing = await Connection.open(self)
        path = f"{self._base}/events?client={self.client_id}"
        answer = await self._hearing.ask("GET", path, Last_Event_ID=self._cursor)
        if answer.status != 200:
            answer.body = await self._hearing.reader.readexactly(int(answer.headers["content-length"]))
            raise Refusal(answer)
        async for event in self._hearing.events():
            self._take(event)
        # Broken off or closed: it goes on from its cursor, if it was not told otherwise.

    def _take(self, event: dict[str, str]) -> None:
        data = event["data"]
        match event["event"]:
            case "hello":
                self.notices.append({"kind": "welcome", **json.loads(data)})
            case "update":
                self._take_update(_bytes(data))
                if "id" in event:
                    self._passed(event["id"])
            case "awareness":
                self._take_awareness(_bytes(data))
            case "notice":
                self.notices.append(json.loads(data))
            case "close":
                end = json.loads(data)
                if end["code"] != 1012:
                    self._cursor = ""
                self._ended(end["code"], end["reason"])


class PollClient(HttpClient):
    """Hears by long poll."""

    async def _hear(self) -> None:
        while self.closed is None:
            if self._hearing is None or self.random.random() < 0.5:
                if self._hearing is not None:
                    self._hearing.close()
                self._hearing = await Connection.open(self)
            query = f"cursor={self._cursor}&tag={self.tag}&client={self.client_id}"
            answer = await self._hearing.whole("GET", f"{self._base}/poll?{query}")
            if answer.status == 204:
                continue
            news = answer.json()
            for update in news["updates"]:
                self._take_update(_bytes(update))
            if "awareness" in news:
                self._take_awareness(_bytes(news["awareness"]))
            self.tag = news["awareness_tag"]
            self._passed(news["cursor"])
            self.notices.append({"kind": "unsaved" if news["unsaved"] else "saved"})


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
