"""Who changes something, through the doors that everybody has: the API, the account's pages, the admin. All requests of
one desk arrive at one web process."""

import http.client
import itertools
import json
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import psutil

from tests.acceptance.installation import Installation

_addresses = itertools.count(1)


class Desk:
    def __init__(self, weft: Installation, process: int) -> None:
        self._url, self._process = weft.weft.url, psutil.Process(process)
        self._connection: http.client.HTTPConnection | None = None
        # An address of its own, so that many who sign in from this machine are no flood.
        self._headers = {"X-Forwarded-For": f"198.51.100.{next(_addresses)}"}
        self.cookies: dict[str, str] = {}

    def with_token(self, token: str) -> "Desk":
        self._headers["Authorization"] = f"Bearer {token}"
        return self

    @property
    def socket_headers(self) -> dict[str, str]:
        """What a page of this browser sends along with its sockets."""
        return {"Cookie": self._cookie_header(), "Origin": self._url}

    def sign_in(self, email: str, password: str = "weft-weft") -> "Desk":
        self.submit("/accounts/login/", {"login": email, "password": password})
        assert "sessionid" in self.cookies, f"{email} could not sign in"
        return self

    def submit(self, path: str, fields: dict[str, Any], page: str = "") -> None:
        """A form of a page."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.read(page or path))
        assert found is not None
        body = urlencode({"csrfmiddlewaretoken": found[1], **fields}, doseq=True).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Referer": self._url + path}
        status, answer = self._ask("POST", path, body, kind)
        assert status == 302, f"{path} answered {status}: {answer[:2000]}"

    def read(self, path: str) -> str:
        status, page = self._ask("GET", path)
        assert status == 200, f"{path} answered {status}"
        return page

    def call(self, method: str, path: str, content: Any = None) -> Any:
        """The API."""
        body = b"" if content is None else json.dumps(content).encode()
        status, answer = self._ask(method, f"/api/v1{path}", body, {"Content-Type": "application/json"})
        assert status < 300, f"{method} {path} answered {status}: {answer}"
        return json.loads(answer) if answer else None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, str]:
        cookies = {"Cookie": self._cookie_header()} if self.cookies else {}
        for may_be_stale in (True, False):
            connection = self._connected()
            try:
                connection.request(method, path, body or None, {**self._headers, **cookies, **(headers or {})})
                answer = connection.getresponse()
                break
            except (OSError, http.client.HTTPException):
                self.close()
                if not may_be_stale:
                    raise
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, answer.read().decode()

    def _connected(self) -> http.client.HTTPConnection:
        """The kernel gives each connection to any web process: ask until it was the one."""
        while self._connection is None:
            connection = http.client.HTTPConnection(urlsplit(self._url).netloc, timeout=30)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            port = connection.sock.getsockname()[1]
            if any(c.raddr and c.raddr.port == port for c in self._process.net_connections("tcp")):
                self._connection = connection
            else:
                connection.close()
        return self._connection

    def _cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())
