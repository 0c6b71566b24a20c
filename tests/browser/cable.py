"""The network between a browser and the server, which can be pulled and plugged in again while the server goes on."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Cable:
    """Passes bytes on from a port of its own. Pulled, it refuses connections and ends those there are."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._listen()

    @contextmanager
    def pulled(self) -> Iterator[None]:
        address = self._listener.getsockname()
        self.close()
        try:
            yield
        finally:
            self._listener = socket.create_server(address)
            self._listen()

    def close(self) -> None:
        _end(self._listener)
        with self._lock:
            ends, self._ends = self._ends, set()
        for each in ends:
            _end(each)

    def _listen(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                browser, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server), timeout=10)
                server.settimeout(None)
            except OSError:
                browser.close()
                continue
            with self._lock:
                self._ends |= {browser, server}
            for one, other in ((browser, server), (server, browser)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        with self._lock:
            self._ends -= {one, other}
        _end(one)
        _end(other)


def _end(each: socket.socket) -> None:
    """Wakes whoever waits on it, which closing alone does not."""
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
