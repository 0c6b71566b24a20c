"""Faults, for real: processes killed and stopped, at random moments or at named points of the code; what Weft rests on
taken away. What is done to a single connection, `lines.py` does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

INSIDE = Path(__file__).parent / "inside"

CRASH_POINTS = (
    "before the commit",
    "inside the commit",
    "at the end of the commit",
    "after the commit",
    "after the ack",
    "before it is published",
    "after it is published",
)
"""Of a web process, in the order in which an update passes them; inside/sitecustomize.py sets them."""

LOOP_POINTS = CRASH_POINTS[4:]
"""Those on the event loop: a process that dawdles there does nothing else."""


class CrashPoints:
    """`settings` go into the environment of the Weft that is to die."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "WEFT_FAULTS": str(self._folder),
            "PYTHONPATH": f"{INSIDE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        }

    def arm(self, point: str, passes: int = 0, *, dawdle: float = 0.0) -> None:
        """The next process that comes to the point for the n-th time after `passes` others is gone, or stays there for
        so many seconds."""
        (self._folder / "struck").unlink(missing_ok=True)
        beside = self._folder / "arming"
        beside.write_text(f"{point}|{dawdle or ''} {passes}")
        beside.rename(self._folder / "armed")

    def disarm(self) -> None:
        (self._folder / "armed").unlink(missing_ok=True)

    @property
    def struck(self) -> bool:
        return (self._folder / "struck").exists()


def kill(process: psutil.Process) -> bool:
    """By SIGKILL; False if it was gone already."""
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return False
    return True


@contextmanager
def stopped(*processes: psutil.Process) -> Iterator[None]:
    """By SIGSTOP, as a machine that swaps or a loop that is blocked; they go on after the block."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            if process.is_running():
                process.send_signal(signal.SIGCONT)
