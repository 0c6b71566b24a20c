"""One child process of the supervisor: started so that it can't outlive it, restarted when it dies, ended in order."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_PR_SET_PDEATHSIG = 1
_LIFELINE = "WEFT_LIFELINE"
# A child that lived this long was well: its next death starts the backoff anew.
_WELL_AFTER_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 5.0

# Loaded before any fork: between fork and exec nothing should search for libraries.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Has the kernel signal this process when its parent dies, `kill -9` included. Survives exec, not fork."""
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:  # it died between the fork and our asking
        os._exit(1)


def follow_lifeline() -> None:
    """Where the kernel can't do that (macOS): ends this process when the supervisor's end of a pipe closes."""
    if _libc is not None or _LIFELINE not in os.environ:
        return
    lifeline = int(os.environ[_LIFELINE])

    def wait() -> None:
        os.read(lifeline, 1)  # nothing is ever written: it returns when the last writer is gone
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


@dataclass
class Child:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    share: Sequence[int] = ()
    # Seconds between SIGTERM and SIGKILL.
    patience: float = 6.0
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    start_at: float = 0.0
    _started_at: float = 0.0
    _lifeline: tuple[int, int] | None = None

    def start(self) -> None:
        if self._lifeline is None:
            self._lifeline = os.pipe()
        watched = self._lifeline[0]  # the other end stays here, open as long as this process lives
        supervisor = os.getpid()
        self.process = subprocess.Popen(  # noqa: S603  # our own commands
            self.command,
            env={**os.environ, **self.environment, _LIFELINE: str(watched)},
            pass_fds=[*self.share, watched],
            stdin=subprocess.DEVNULL,
            # Not in the terminal's foreground group: Ctrl-C reaches the supervisor alone, which then ends us in order.
            process_group=0,
            preexec_fn=lambda: end_with_parent(supervisor),  # safe: the supervisor has one thread
        )
        self._started_at = time.monotonic()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tend(self, now: float) -> str | None:
        """Starts the child again if it has died, after a pause that grows while it keeps dying. Says what happened."""
        if self.alive:
            return None
        if self.process is not None:
            code = self.process.returncode
            self._end_group()
            self.process = None
            self.deaths = 1 if now - self._started_at > _WELL_AFTER_SECONDS else self.deaths + 1
            pause = 0.0 if self.deaths == 1 else min(0.2 * 2**self.deaths, _LONGEST_PAUSE_SECONDS)
            self.start_at = now + pause
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
            return f"{self.name} {how}; starting it again" + (f" in {pause:.1f} s" if pause else "")
        if now >= self.start_at:
            self.start()
        return None

    def ask_to_end(self) -> None:
        if self.process is not None and self.alive:
            self.process.send_signal(signal.SIGTERM)

    def ended(self, deadline: float) -> bool:
        """Waits until the deadline, then kills. False if it had to."""
        if self.process is None:
            return True
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        finally:
            self._end_group()
        return True

    def _end_group(self) -> None:
        # Whatever the child itself had started and left (a job's process, for one, has no reason to go on).
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
