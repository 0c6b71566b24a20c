"""One child process of the supervisor: forked so that it can't outlive it, restarted when it dies, ended in order.

A fork and not a new interpreter: the supervisor has everything imported already, so a child serves a tenth of a second
after the one before it was killed, and all share that memory. It takes a supervisor without threads or connections.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
# A child that lived this long was well: its next death starts the backoff anew.
_WELL_AFTER_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 5.0

# Loaded before any fork: in a new child nothing should search for libraries.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Has the kernel signal this process when its parent dies, `kill -9` included. Survives exec, not fork."""
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:  # it died between the fork and our asking
        os._exit(1)


def _follow(lifeline: int) -> None:
    """Where the kernel can't do that (macOS): ends this process when the supervisor's end of a pipe closes."""

    def wait() -> None:
        os.read(lifeline, 1)  # nothing is ever written: it returns when the last writer is gone
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


@dataclass
class Child:
    name: str
    # What the child does until it is asked to end (or it execs another program).
    run: Callable[[], None]
    # Descriptors of the supervisor that it must not keep open.
    private: Sequence[int] = ()
    # Seconds between SIGTERM and SIGKILL.
    patience: float = 6.0
    pid: int | None = None
    deaths: int = 0
    _start_at: float = 0.0
    _started_at: float = 0.0
    _status: int = field(default=0, repr=False)

    def start(self) -> None:
        supervisor = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        watched, kept = os.pipe() if _libc is None else (-1, -1)
        self._started_at = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(supervisor, watched, kept)
        if watched >= 0:
            os.close(watched)  # `kept` stays open for as long as this process lives

    @property
    def alive(self) -> bool:
        if self.pid is None:
            return False
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self._buried(status)
        return not pid

    def tend(self, now: float) -> str | None:
        """Starts the child again if it has died, after a pause that grows while it keeps dying. Says what happened."""
        if self.alive:
            return None
        if self._started_at:
            self.deaths = 1 if now - self._started_at > _WELL_AFTER_SECONDS else self.deaths + 1
            pause = 0.0 if self.deaths == 1 else min(0.2 * 2**self.deaths, _LONGEST_PAUSE_SECONDS)
            self._start_at, self._started_at = now + pause, 0.0
            code = os.waitstatus_to_exitcode(self._status)
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
            return f"{self.name} {how}; starting it again" + (f" in {pause:.1f} s" if pause else "")
        if now >= self._start_at:
            self.start()
        return None

    def ask_to_end(self) -> None:
        if self.alive and self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)

    def ended(self, deadline: float) -> bool:
        """Waits until the deadline, then kills. False if it had to."""
        while self.alive:
            if time.monotonic() > deadline and self.pid is not None:
                os.kill(self.pid, signal.SIGKILL)
                self._buried(os.waitpid(self.pid, 0)[1])
                return False
            time.sleep(0.01)
        return True

    def _buried(self, status: int) -> None:
        assert self.pid is not None
        # Whatever the child itself had started and left (a job's process, for one) has no reason to go on.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.pid, self._status = None, status

    def _become(self, supervisor: int, watched: int, kept: int) -> NoReturn:
        """The child's side of the fork. Never returns into the supervisor's code."""
        code = 1
        try:
            end_with_parent(supervisor)
            # Not in the terminal's foreground group: Ctrl-C reaches the supervisor alone, which ends us in order.
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            for descriptor in (*self.private, *([kept] if kept >= 0 else [])):
                os.close(descriptor)
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            os.close(nothing)
            random.seed()  # or all would draw the same "random" delays
            if watched >= 0:
                _follow(watched)
            self.run()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
