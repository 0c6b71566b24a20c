"""Somebody at the door of a running server, over plain HTTP and plain sockets."""

import contextlib
import http.client
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 30


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def cookies(self, name: str) -> list[str]:
        """The attributes of the cookie that was set, in lower case."""
        for line in self.headers.get("set-cookie", "").split("\n"):
            if line.startswith(f"{name}="):
                return [part.strip().lower() for part in line.split(";")[1:]]
        return []


def ask(
    url: str,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    *,
    stream: bool = False,
) -> Answer:
    """One request, redirects not followed. Of a stream that has begun, only how it began."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        names: dict[str, str] = {}
        for name, value in response.getheaders():
            names[name.lower()] = f"{names[name.lower()]}\n{value}" if name.lower() in names else value
        return Answer(response.status, names, b"" if stream and response.status == 200 else response.read())


def knock(url: str, path: str, headers: dict[str, str] | None = None, first: bytes | None = None) -> Any:
    """What a socket says first: a frame, or `(code, reason)` when it closes instead."""
    address = f"{url.replace('http', 'ws', 1)}{path}"
    with connect(address, additional_headers=headers or {}, open_timeout=PATIENCE) as socket:
        if first is not None:
            socket.send(first)
        try:
            return socket.recv(timeout=PATIENCE)
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
