"""What the browser gets of the built pages, and in how many bytes."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from collab import static_files

SCRIPT = "console.log('weft')\n" * 200


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app-12345678.js").write_text(SCRIPT)
    (tmp_path / "app-12345678.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (tmp_path / "app-12345678.js.br").write_bytes(b"as brotli would have it")
    (tmp_path / "plain.css").write_text("a { color: red }")
    monkeypatch.setattr(static_files, "_files", static_files._Directories(tmp_path))
    return tmp_path


async def get(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event: Any) -> None:
        sent.append(event)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": named,
        "query_string": b"",
        "asgi": {"spec_version": "2.4"},
    }
    await static_files.static_files(scope, receive, send)
    start, *bodies = sent
    answered = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], answered, b"".join(body.get("body", b"") for body in bodies)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=0.0,gzip;q=0", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_a_file_is_sent_as_the_browser_can_read_it(dist: Path, accepted: str, coding: str | None) -> None:
    status, headers, body = await get("/static/app-12345678.js", accept_encoding=accepted)
    assert status == 200
    assert headers.get("content-encoding") == coding
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["vary"] == "accept-encoding"
    expected = {None: SCRIPT.encode(), "gzip": gzip.compress(SCRIPT.encode()), "br": b"as brotli would have it"}[coding]
    assert int(headers["content-length"]) == len(body)
    assert (gzip.decompress(body) if coding == "gzip" else body) == (SCRIPT.encode() if coding == "gzip" else expected)


async def test_a_browser_that_has_a_file_is_not_sent_it_again(dist: Path) -> None:
    _, headers, _ = await get("/static/app-12345678.js", accept_encoding="br")
    status, _, body = await get("/static/app-12345678.js", accept_encoding="br", if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


async def test_a_file_that_was_not_compressed_is_sent_as_it_is(dist: Path) -> None:
    status, headers, body = await get("/static/plain.css", accept_encoding="br, gzip")
    assert (status, body) == (200, b"a { color: red }")
    assert "content-encoding" not in headers
    assert headers["cache-control"] == "no-cache"
