"""A whole Weft, as `./run` starts it, for tests that need real processes.

    with Weft(home) as weft:
        httpx.get(weft.url)

It listens on a port of its own, and at the end it is asked to stop the way an operator would.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import psutil

ROOT = Path(__file__).resolve().parents[1]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
Answer = TypeVar("Answer")


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "WEFT_HOME": str(home), "DJANGO_SETTINGS_MODULE": "collab.settings", **more}


def until(question: Callable[[], Answer], seconds: float = 20.0, what: str = "") -> Answer:
    """Asks again and again until the answer is true, and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"still not after {seconds:g} s: {what or question}")
        time.sleep(0.02)


@cache
def _migrated() -> Path:
    """A database with its tables, made once for this run of the tests."""
    home = Path(tempfile.mkdtemp(prefix="migrated-", dir=os.environ["WEFT_HOME"]))
    command = [*MANAGE, "migrate", "-v0"]
    subprocess.run(command, env=environment(home), check=True, timeout=120)
    return home / "weft.sqlite3"


def migrated_home(home: Path) -> Path:
    """The home given, with a database that needs no migrating any more."""
    shutil.copy(_migrated(), home)
    return home


class Weft:
    def __init__(self, home: Path, *arguments: str, **settings: str) -> None:
        self.home = home
        self.arguments = arguments
        self.environment = environment(home, **{"PORT": "0", **settings})
        self.url = ""
        home.mkdir(parents=True, exist_ok=True)
        self._log = home / "said.log"
        self._said_before = 0

    def start(self) -> Self:
        self.url = ""
        self._said_before = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                [*MANAGE, "serve", *self.arguments], env=self.environment, stdout=log, stderr=log
            )
        try:
            until(lambda: self._ready() or self.process.poll() is not None, 60, "Ready")
            if not self.url:
                raise AssertionError(f"Weft ended before it was ready:\n{self.output}")
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to end, and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            for process in [*self.processes(), psutil.Process(self.process.pid)]:
                process.kill()
            raise

    @property
    def output(self) -> str:
        """Everything it and its children have said since it started."""
        return self._log.read_bytes()[self._said_before :].decode()

    def processes(self) -> list[psutil.Process]:
        """All that it has started: Valkey, web processes, the worker, and what those have started."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def child(self, name: str) -> psutil.Process:
        """The first one called that: "weft web", "weft work" or "valkey-server"."""
        found = until(lambda: [p for p in self.processes() if _is(p, name)], what=f"a child called {name}")
        return found[0]

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*MANAGE, *arguments], env=self.environment, capture_output=True, text=True, check=True, timeout=60
        )

    def _ready(self) -> bool:
        lines = [line for line in self.output.splitlines() if line.startswith("Ready: ")]
        if lines:
            self.url = lines[0].removeprefix("Ready: ")
        return bool(lines)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def _is(process: psutil.Process, name: str) -> bool:
    try:
        command = process.cmdline()
    except psutil.NoSuchProcess:
        return False
    return bool(command) and (" ".join(command).strip() == name or Path(command[0].split(" ")[0]).name == name)
