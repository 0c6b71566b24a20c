"""What happens to open documents when something happens elsewhere: the API, the account, the server's own end."""

import asyncio
import http.cookiejar
import json
import os
import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest
from pycrdt import Text, XmlFragment

from tests.acceptance.client import Client, SocketClient, until
from tests.acceptance.installation import Installation


def call(
    weft: Installation, name: str, method: str, path: str, body: Any = None, kind: str = "application/json"
) -> Any:
    """An API request by a person's token; returns the decoded answer."""
    data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {weft.people[name]['token']}", "Content-Type": kind}
    request = urllib.request.Request(f"{weft.weft.url}/api/v1{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    return json.loads(text) if text.startswith(("{", "[")) else text


def sign_in(weft: Installation, email: str) -> tuple[urllib.request.OpenerDirector, dict[str, str]]:
    """Through the page's form; returns the browser, and the headers its sockets send."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    url = f"{weft.weft.url}/accounts/login/"
    page = browser.open(url, timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1], "login": email, "password": "weft-weft"}
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), {"Referer": url})
    browser.open(request, timeout=30)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    assert "sessionid=" in cookies
    return browser, {"Cookie": cookies, "Origin": weft.weft.url}


def title_of(client: Client) -> str:
    title: Text = client.doc.get("title", type=Text)
    return str(title)


def sockets_of(process: psutil.Process) -> set[str]:
    files = Path(f"/proc/{process.pid}/fd").iterdir()
    return {target for file in files if (target := os.readlink(file)).startswith("socket:")}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_two_processes_share_no_connection(weft: Installation) -> None:
    first, second = weft.processes("web")
    assert len(sockets_of(first) & sockets_of(second)) == 1, "the socket they listen on, and none to the database"


async def test_an_edit_by_the_api_appears_in_an_open_document(weft: Installation) -> None:
    document = weft.document()
    ann = await weft.client("ann", document).opened()
    await asyncio.to_thread(
        call, weft, "ben", "PUT", f"/documents/{document}/content", "# Fibres\n\nWool *and* silk", "text/markdown"
    )
    body: Any = ann.doc.get("default", type=XmlFragment)
    await until(lambda: "silk" in str(body))
    exported = await asyncio.to_thread(call, weft, "ann", "GET", f"/documents/{document}/content?format=markdown")
    assert "Wool *and* silk" in exported
    await ann.stop()


async def test_a_name_given_by_the_api_appears_in_the_open_document_s_title(weft: Installation) -> None:
    document = weft.document()
    ann = await weft.client("ann", document).opened()
    await asyncio.to_thread(call, weft, "ben", "PATCH", f"/documents/{document}", {"title": "Loom"})
    await until(lambda: title_of(ann) == "Loom")
    await ann.stop()


async def test_a_title_typed_in_the_document_becomes_its_name(weft: Installation) -> None:
    document = weft.document()
    ann = await weft.client("ann", document).opened()
    ann.body = ann.doc.get("title", type=Text)
    await ann.type("Heddles")
    await until(lambda: ann.all_saved)

    def named() -> bool:
        return bool(call(weft, "ann", "GET", f"/documents/{document}")["title"] == "Heddles")

    deadline = time.monotonic() + 30
    while not await asyncio.to_thread(named):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    await ann.stop()


async def test_a_cookie_opens_a_document_only_for_pages_of_our_own(weft: Installation) -> None:
    document = weft.document()
    _, headers = await asyncio.to_thread(sign_in, weft, "ann@example.com")
    ours = await SocketClient(weft.weft.url, document, headers=headers).opened()
    assert ours.closed is None
    elsewhere = await SocketClient(
        weft.weft.url, document, headers={**headers, "Origin": "https://evil.example"}
    ).opened()
    assert elsewhere.closed == (4401, "signed out")
    await ours.stop()


async def test_signing_out_closes_what_that_sign_in_opened_and_nothing_else(weft: Installation) -> None:
    document = weft.document()
    _, first = await asyncio.to_thread(sign_in, weft, "ann@example.com")
    browser, second = await asyncio.to_thread(sign_in, weft, "ann@example.com")
    staying = await SocketClient(weft.weft.url, document, headers=first).opened()
    leaving = await SocketClient(weft.weft.url, document, headers=second).opened()

    def sign_out() -> None:
        url = f"{weft.weft.url}/accounts/logout/"
        page = browser.open(url, timeout=30).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1]}).encode()
        browser.open(urllib.request.Request(url, form, {"Referer": url}), timeout=30)

    await asyncio.to_thread(sign_out)
    await until(lambda: leaving.closed is not None, 5)
    assert leaving.closed == (4401, "signed out")
    assert staying.closed is None
    await staying.stop()


async def test_a_trashed_document_closes_for_those_who_may_not_restore_it(weft: Installation) -> None:
    document = weft.document()
    ann, rea = weft.client("ann", document), weft.client("rea", document)
    await asyncio.gather(ann.opened(), rea.opened())
    await asyncio.to_thread(call, weft, "ann", "DELETE", f"/documents/{document}")
    await until(lambda: rea.closed is not None, 5)
    assert rea.closed == (4404, "not found")
    await until(lambda: 4503 in ann.codes and any(n.get("may_edit") is False for n in ann.notices))
    await ann.stop()


@pytest.mark.timeout(120)
async def test_a_restart_sends_people_away_and_they_come_back_with_everything(fresh: Installation) -> None:
    document = fresh.document()
    clients = [await fresh.client("ann", document, seed=seed).opened() for seed in range(6)]
    await clients[0].type("before ")
    await until(lambda: clients[0].all_saved)
    [*webs] = fresh.processes("web")
    for web in webs:
        web.send_signal(signal.SIGTERM)
    await clients[1].type("meanwhile ")
    await until(lambda: all(client.connections >= 2 for client in clients), 40)
    assert all(client.codes[0] in (1012, 1006) for client in clients)
    assert any(client.codes[0] == 1012 for client in clients)
    await until(lambda: clients[1].all_saved and len({client.text for client in clients}) == 1, 30)
    assert "meanwhile" in fresh.stored(document).text
    await asyncio.gather(*(client.stop() for client in clients))
