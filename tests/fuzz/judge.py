"""Real Yjs in a Node of its own, asked about thousands of inputs (`judge.mjs` beside this file says what about)."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from collab.protocol.lib0 import varbytes


class Judge:
    def __enter__(self) -> Self:
        node = shutil.which("node")
        assert node is not None, "./test brings a Node"
        command = [node, "--max-old-space-size=1000", str(Path(__file__).with_name("judge.mjs"))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.base = bytes.fromhex(self.ask("b", b""))
        """What is in the documents that updates are tried on."""
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, verb: str, raw: bytes) -> Any:
        return self.ask_all(verb, [raw])[0]

    def ask_all(self, verb: str, inputs: Sequence[bytes]) -> list[Any]:
        """One answer each, in order. What Yjs threw at is {"fault": …}."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = b"".join(verb.encode() + len(raw).to_bytes(4) + raw for raw in inputs)
        # Beside reading: two full pipes would wait for each other.
        telling = threading.Thread(target=self._tell, args=(asked,))
        telling.start()
        answers = []
        for raw in inputs:
            line = self._process.stdout.readline()
            assert line, f"Yjs ended over {verb} {raw.hex()} or one after it"
            answers.append(json.loads(line))
        telling.join()
        return answers

    def differences(self, pairs: Iterable[tuple[bytes, Iterable[bytes]]]) -> list[Any]:
        """How a document of merged bytes differs from one of their parts, for each such pair; "" where it doesn't."""
        return self.ask_all("d", [b"".join(map(varbytes, [merged, *parts])) for merged, parts in pairs])

    def _tell(self, asked: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(asked)
        self._process.stdin.flush()
