"""A real `@hocuspocus/provider` on Node, with any number of documents on its one socket; see hocuspocus.mjs."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.running import ROOT

VERSIONS = ["hocuspocus-2", "hocuspocus-3", "hocuspocus-4"]
SCRIPT = Path(__file__).with_name("hocuspocus.mjs")
NODE = shutil.which("node") or str(ROOT / ".venv/bin/node")


class Provider:
    def __init__(self, version: str, url: str) -> None:
        self.version = version
        self.url = url.replace("http", "ws", 1) + "/ws/hocuspocus"
        self.zeros: list[dict[str, Any]] = []
        self.on_zero: Callable[[dict[str, Any]], None] = self.zeros.append
        """Called whenever a document's `unsyncedChanges` reached 0."""
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def start(self) -> "Provider":
        self._process = await asyncio.create_subprocess_exec(
            *[NODE, str(SCRIPT), self.version, self.url],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=50_000_000,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def do(self, verb: str, on: str = "a", **details: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": verb, "as": on, **details}).encode() + b"\n")
        answer = await self._answers.get()
        assert answer["error"] is None, (self.version, verb, details, answer)
        return answer

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            told = json.loads(line)
            if "zero" in told:
                self.on_zero(told)
            else:
                self._answers.put_nowait(told)
        self._answers.put_nowait({"error": "the provider's process ended"})
