"""An operator beside a running Weft: a process with Django set up on the same home, which does what it is told in lines
of JSON. To start one for each act would cost a second and a half each time.

    operator = Operator(environment)
    operator.do("documents", count=25)

The verbs are the functions in `_VERBS` below, which run over there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.running import ROOT


class Operator:
    def __init__(self, environment: dict[str, str]) -> None:
        environment = {**environment, "WEFT_FAULTS": ""}  # whoever dies at a point, not this one
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.operating"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._lock = threading.Lock()

    def do(self, verb: str, **details: Any) -> Any:
        """Blocks: to be called in a thread."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps([verb, details]).encode() + b"\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline() or b'{"fault": "the operator ended"}')
        if "fault" in answer:
            raise AssertionError(f"{verb} {details}: {answer['fault']}")
        return answer["result"]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


# --- over there ---


def _main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        verb, details = json.loads(line)
        try:
            answer = {"result": _VERBS[verb](**details)}
        except Exception as fault:
            answer = {"fault": f"{type(fault).__name__}: {fault}"}
            _hang_up()
        print(json.dumps(answer), flush=True)


def _hang_up() -> None:
    from django.db import connections

    connections.close_all()


def _documents(count: int, workspace: str) -> list[str]:
    from documents import actions
    from documents.models import User, Workspace

    ann, place = User.objects.get(email="ann@example.com"), Workspace.objects.get(pk=workspace)
    return [str(actions.create_document(by=ann, workspace=place, title="").pk) for _ in range(count)]


def _faults(documents: list[str]) -> dict[str, list[str]]:
    from documents.verification import faults_of

    return {document: faults_of(UUID(document)) for document in documents}


def _compact(document: str) -> bool:
    from documents import compaction

    return compaction.compact(UUID(document)) is not None


def _now() -> float:
    return time.time()


_VERBS: dict[str, Callable[..., Any]] = {
    "documents": _documents,
    "faults": _faults,
    "compact": _compact,
    "now": _now,
}


if __name__ == "__main__":
    _main()
