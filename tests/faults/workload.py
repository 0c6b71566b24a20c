"""Who writes: real Yjs clients on one long-lived Node process (`node/`), and raw-frame clients here. Seeded.

A `Participant` is one client in one document. It logs every update it made and every promise ("saved") it got; the
oracle reads nothing else of it but its replica.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import random
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.http_clients import HttpClient
from tests.faults.oracle import Replica
from tests.faults.raw import RAW, Raw
from tests.provider_project import NODE, make_project

YJS = ("weft", "y-websocket-1", "y-websocket-2", "y-websocket-3", "y-websocket-4", "hocuspocus-2", "hocuspocus-3",
       "hocuspocus-4")  # fmt: skip
"""Kinds of clients with a Yjs of their own: ours, and the unmodified ones."""
KINDS = (*YJS, *RAW)

SPARE = 6
"""Edits in a raw client's script beyond those of its schedule, for when a scenario wants one just then."""

PACKAGES = ("yjs", "y-protocols", "lib0", "ws", "@y/y", *YJS[1:])


@dataclass(frozen=True)
class Pace:
    """How much a participant writes, and the pause after each edit, in seconds."""

    edits: int = 14
    least: float = 0.02
    most: float = 0.14


class Desk:
    """The Node process. One for all flights: to start one takes longer than a seed may."""

    def __init__(self) -> None:
        self._numbers = 0
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._hosted: dict[str, Hosted] = {}

    async def start(self) -> Desk:
        folder = make_project(Path(tempfile.mkdtemp(prefix="weft-desk-")), *PACKAGES)
        for script in (Path(__file__).parent / "node").glob("*.mjs"):
            (folder / script.name).write_text(script.read_text())
        self._process = await asyncio.create_subprocess_exec(
            *[NODE, str(folder / "main.mjs")],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**28,
        )
        self._listening = asyncio.create_task(self._listen())
        return self

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._listening

    async def ask(self, verb: str, **details: Any) -> Any:
        assert self._process.stdin is not None
        self._numbers += 1
        answer = self._asked[self._numbers] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"number": self._numbers, "do": verb, **details}).encode() + b"\n")
        return await answer

    async def open(self, hosted: Hosted) -> None:
        self._hosted[hosted.name] = hosted
        await self.ask(
            "open",
            client=hosted.name,
            kind=hosted.kind,
            url=hosted.url,
            document=hosted.document,
            token=hosted.token,
        )

    async def scripts(self, wanted: Sequence[tuple[int, int]]) -> list[list[bytes]]:
        """For each (seed, edits) what somebody with an own copy would have sent."""
        of = [{"seed": seed, "edits": edits, "identity": 1 + seed % (2**31)} for seed, edits in wanted]
        made = await self.ask("scripts", of=of)
        return [[base64.b64decode(update) for update in script] for script in made]

    async def read(self, documents: Sequence[Sequence[bytes]]) -> list[Replica]:
        """What Yjs makes of each list of updates, merged."""
        of = [[base64.b64encode(update).decode() for update in updates] for updates in documents]
        return [replica("a fresh reader", state) for state in await self.ask("read", of=of)]

    async def replicas(self, hosted: Sequence[Hosted]) -> dict[str, Replica]:
        if not hosted:
            return {}
        states = await self.ask("state", clients=[each.name for each in hosted])
        for each in hosted:
            each.about = {
                k: states[each.name][k] for k in states[each.name].keys() & {"status", "transport", "unsaved"}
            }
        return {each.name: replica(f"{each.kind} {each.name}", states[each.name]) for each in hosted}

    async def leave(self, hosted: Sequence[Hosted]) -> None:
        await self.ask("leave", clients=[each.name for each in hosted])
        for each in hosted:
            del self._hosted[each.name]

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "client" in said:
                self._hosted[said["client"]].hear(said)
                continue
            asked = self._asked.pop(said["number"])
            if asked.done():  # a test that ran out of time asked, and waits no more; the next one does
                continue
            if "fault" in said:
                asked.set_exception(AssertionError(said["fault"]))
            else:
                asked.set_result(said["answer"])
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(AssertionError("the Node process ended"))


def replica(name: str, state: dict[str, Any]) -> Replica:
    return Replica(
        name,
        content=state["content"],
        vector={int(client): clock for client, clock in state["vector"].items()},
        state=base64.b64decode(state["update"]),
        snapshot=base64.b64decode(state["snapshot"]),
        waits=state["waiting"],
    )


class Participant(ABC):
    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind

    @property
    @abstractmethod
    def made(self) -> Sequence[bytes]:
        """Every update it made, in order."""

    @property
    @abstractmethod
    def promised(self) -> Sequence[bytes]:
        """Those of them that the server said are saved."""

    @property
    @abstractmethod
    def is_in_step(self) -> bool:
        """It is connected, and has synced."""

    @property
    @abstractmethod
    def codes(self) -> Sequence[int]:
        """The close codes of its connections."""

    @property
    def acknowledges(self) -> bool:
        """It can tell when all is saved. y-websocket has no word for it; an unmodified Hocuspocus provider never says
        so too early, but may not say so before its next connection (see `_is_late` in collab/transports)."""
        return self.kind == "weft" or self.kind in RAW

    @property
    def all_is_saved(self) -> bool:
        return not self.acknowledges or len(self.promised) == len(self.made)

    @abstractmethod
    async def write(self, seed: int, pace: Pace) -> None: ...


class Hosted(Participant):
    """On the Node process."""

    def __init__(self, name: str, kind: str, desk: Desk, url: str, document: str, token: str) -> None:
        super().__init__(name, kind)
        self.url, self.document, self.token = url, document, token
        self.about: dict[str, Any] = {}
        self._desk = desk
        self._made: list[bytes] = []
        self._saved = 0
        self._codes: list[int] = []
        self._in_step = False

    def hear(self, said: dict[str, Any]) -> None:
        if "made" in said:
            self._made.append(base64.b64decode(said["made"]))
        elif "saved" in said:
            self._saved = max(self._saved, said["saved"])
        elif "code" in said:
            self._codes.append(said["code"])
            self._in_step = False
        elif "synced" in said:
            self._in_step = said["synced"]

    @property
    def made(self) -> Sequence[bytes]:
        return self._made

    @property
    def promised(self) -> Sequence[bytes]:
        return self._made[: self._saved]

    @property
    def is_in_step(self) -> bool:
        return self._in_step

    @property
    def codes(self) -> Sequence[int]:
        return self._codes

    async def move(self, at: int) -> int:
        """Its caret; of unmodified y-websocket clients. Its client id."""
        return int(await self._desk.ask("move", client=self.name, at=at))

    async def write(self, seed: int, pace: Pace) -> None:
        await self._desk.ask(
            "write",
            client=self.name,
            seed=seed,
            edits=pace.edits,
            least=pace.least * 1000,
            most=pace.most * 1000,
        )


class Scripted(Participant):
    """A raw-frame client that plays what Yjs wrote for it."""

    def __init__(self, name: str, kind: str, raw: Raw, script: Sequence[bytes]) -> None:
        super().__init__(name, kind)
        self.raw = raw
        self._script = script
        self._played = 0
        self.made_at: list[float] = []
        """When each of its updates was made."""

    async def play_next(self) -> None:
        """What comes next in its script, now."""
        self._played += 1
        self.made_at.append(time.monotonic())
        await self.raw.play(self._script[self._played - 1])

    def shuffle(self, chance: random.Random, edits: int) -> int:
        """What it made arrives in another order; how many before one that they build on."""
        order = list(range(edits))
        chance.shuffle(order)
        self._script = [*(self._script[number] for number in order), *self._script[edits:]]
        return sum(number != place for place, number in enumerate(order))

    async def push_again(self, count: int) -> int:
        """Its first updates, each in a request of its own; how many were answered."""
        assert isinstance(self.raw, HttpClient)
        answered = 0
        for update in list(self.raw.edits[:count]):
            # A connection that was cut in the wrong moment answers never, and nobody waits for it.
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                async with asyncio.timeout(10):
                    await self.raw.post("/push", update, Idempotency_Key=str(uuid.uuid4()))
                answered += 1
        return answered

    @property
    def made(self) -> Sequence[bytes]:
        return self.raw.edits

    @property
    def promised(self) -> Sequence[bytes]:
        return [self.raw.edits[number] for number in sorted(self.raw.saved)]

    @property
    def is_in_step(self) -> bool:
        return self.raw.synced.is_set()

    @property
    def codes(self) -> Sequence[int]:
        return self.raw.codes

    async def write(self, seed: int, pace: Pace) -> None:
        chance = random.Random(seed)
        while self._played < min(pace.edits, len(self._script)):
            await self.play_next()
            await asyncio.sleep(chance.uniform(pace.least, pace.most))
