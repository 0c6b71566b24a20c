"""The server asks no address that a person gave: there is no request that they could have it make.

By construction: what can make requests is imported in a handful of places, each of which is listed with what it asks.
"""

import ast
import re
from pathlib import Path

import pytest

from documents.content import pandoc, safety
from documents.content.importing import blocks_of_html, blocks_of_markdown

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("collab", "documents", "presence")
# What can open a connection to an address that is a variable.
FETCHERS = {
    "aiohttp",
    "ftplib",
    "http.client",
    "httpx",
    "pycurl",
    "requests",
    "smtplib",
    "socket",
    "telnetlib",
    "urllib.request",
    "urllib3",
    "webbrowser",
    "websockets.asyncio.client",
    "websockets.client",
    "websockets.sync.client",
    "xmlrpc.client",
}
# Which file may, and what it does with it.
KNOWN = {
    ("collab/launch/supervisor.py", "http.client"): "its own web processes: are they ready?",
    ("collab/launch/supervisor.py", "socket"): "the socket it listens on",
    ("collab/launch/web.py", "socket"): "the same, handed down",
    ("collab/launch/worker.py", "socket"): "this machine's name",
    ("collab/publishing.py", "socket"): "this machine's name",
}


def imports() -> set[tuple[str, str]]:
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names: list[str] = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                found |= {(str(path.relative_to(ROOT)), name) for name in names if name in FETCHERS}
    return found


def test_nothing_of_ours_imports_what_could_fetch() -> None:
    unknown = imports() - KNOWN.keys()
    assert not unknown, f"say in KNOWN what these ask, and why nobody can choose the address: {sorted(unknown)}"


def test_the_list_of_those_who_may_is_no_longer_than_it_must_be() -> None:
    assert not KNOWN.keys() - imports()


ADDRESSES = ["http://127.0.0.1:9/x", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "//127.0.0.1/x"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_import_takes_pictures_links_and_styles_as_text(address: str) -> None:
    """Pandoc would fetch for some formats; it runs with `--sandbox`, which refuses any file and any address."""
    html = f'<p>kept</p><img src="{address}"><link rel="stylesheet" href="{address}"><iframe src="{address}"></iframe>'
    assert "kept" in str(blocks_of_html(html))
    assert "kept" in str(blocks_of_markdown(f"kept ![x]({address}) <{address}>\n"))
    written = pandoc.convert(html, "html", "html", "--embed-resources", "--standalone")
    assert "root:" not in written
    assert re.search(r"kept", written)


def test_only_addresses_that_a_browser_can_follow_safely_survive() -> None:
    kept = {"https://weft.example/x", "http://weft.example", "mailto:ann@example.com", "tel:+43", "/d/1", "#part"}
    gone = {
        "javascript:alert(1)",
        "data:text/html,x",
        "blob:https://weft.example/1",
        "file:///etc/passwd",
        "ftp://weft.example/",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "ws://127.0.0.1/",
        "vbscript:x",
        "jar:http://weft.example!/",
        "view-source:https://weft.example",
        "intent://x",
        "ms-settings:",
    }
    assert {url for url in kept | gone if safety.safe_url(url) is not None} == kept
