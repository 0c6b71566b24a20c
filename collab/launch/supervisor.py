"""What `./run` is once everything is prepared: one process that owns the listening socket and keeps Valkey, the web
processes and the worker alive until it is asked to end, and then leaves nothing behind."""

from __future__ import annotations

import http.client
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from types import FrameType

from collab.launch.children import Child

# A web process that never once became ready and died this often won't: its own words on standard error say why.
HOPELESS_DEATHS = 3
_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class CannotListen(Exception):
    """The address can't be had; the text says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """The supervisor listens itself: while a web process is being replaced, new connections wait instead of failing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as fault:
        if isinstance(fault, PermissionError):
            raise CannotListen(f"Not allowed to listen on {host}:{port}; choose a port above 1023 with PORT=") from None
        raise CannotListen(
            f"Cannot listen on {host}:{port} ({fault.strerror}). Is something else running there? "
            f"PORT={port + 1 if port else 8001} ./run uses another port."
        ) from None


def address(listening: socket.socket) -> str:
    """Where this machine's browser finds it."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{host}:{port}"


class Supervisor:
    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.ending = False
        self._woken, self._waker = os.pipe()
        self.descriptors = (self._woken, self._waker)  # its own; not for children
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for number in _ENDING_SIGNALS:
            signal.signal(number, self._asked_to_end)
        # A dying child wakes the loop. The handler itself has nothing to do, but without one no wake-up is written.
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _asked_to_end(self, number: int, frame: FrameType | None) -> None:
        self.ending = True

    def tend(self, children: Sequence[Child], ready: Callable[[], bool], when_ready: Callable[[], None]) -> bool:
        """Keeps the children alive until asked to end. False if they never became ready."""
        was_ready = False
        while not self.ending:
            now = time.monotonic()
            for child in children:
                happened = child.tend(now)
                if happened:
                    self.say(happened)
                if not was_ready and child.deaths >= HOPELESS_DEATHS:
                    self.say(f"{child.name} cannot start; see above")
                    return False
            if not was_ready and ready():
                was_ready = True
                when_ready()
            self._rest(0.25 if was_ready else 0.05)
        return True

    def end(self, *groups: Sequence[Child]) -> None:
        """Ends one group after the other; the members of a group at the same time."""
        for group in groups:
            for child in group:
                child.ask_to_end()
            began = time.monotonic()
            for child in group:
                if not child.ended(began + child.patience):
                    self.say(f"{child.name} did not end in {child.patience:.0f} s and was killed")

    def _rest(self, seconds: float) -> None:
        if select.select([self._woken], [], [], seconds)[0]:
            os.read(self._woken, 4096)


def answers_ready(listening: socket.socket) -> bool:
    """Asks /readyz through the socket people use."""
    host, port = address(listening).removeprefix("http://").rsplit(":", 1)
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=1.0)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
