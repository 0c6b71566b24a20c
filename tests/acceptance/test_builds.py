"""Which pages the server serves, and what it tells those that were loaded from an earlier one. Needs built pages."""

import contextlib
import re
import urllib.request
from http.client import HTTPResponse
from typing import cast

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.acceptance.client import until
from tests.acceptance.installation import Installation


def get(weft: Installation, path: str, **headers: str) -> HTTPResponse:
    request = urllib.request.Request(weft.weft.url + path, headers=headers)
    return cast(HTTPResponse, urllib.request.urlopen(request, timeout=30))


def named_in(page: str, meta: str) -> str:
    found = re.search(rf'<meta name="{meta}" content="([^"]*)">', page)
    return found[1] if found else ""


async def test_the_page_every_answer_and_every_welcome_name_the_same_build(fresh: Installation) -> None:
    page = get(fresh, "/shell/").read().decode()
    build = named_in(page, "weft-build")
    assert re.fullmatch(r"[0-9a-f]{12}", build)
    with get(fresh, "/api/v1/me", Authorization=f"Bearer {fresh.people['ann']['token']}") as answer:
        assert answer.headers["Weft-Build"] == build
    ann = await fresh.client("ann", fresh.document()).opened()
    await until(lambda: ann.notices)
    assert ann.notices[0]["build"] == build
    await ann.stop()


async def test_the_page_for_nobody_in_particular_holds_nothing_personal(fresh: Installation) -> None:
    with get(fresh, "/shell/") as answer:
        page = answer.read().decode()
        assert "Set-Cookie" not in answer.headers
        assert "csrf" not in page
        assert not named_in(page, "weft-user")


async def test_the_service_worker_rules_over_all_paths_and_is_asked_for_anew(fresh: Installation) -> None:
    with get(fresh, "/service-worker.js") as answer:
        script = answer.read().decode()
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Content-Type"].startswith("text/javascript")
    files = set(re.findall(r'[`"](/static/[^`"]+)[`"]', get(fresh, "/shell/").read().decode()))
    assert files
    # All that the page asks for is kept, or the worker would refuse to be installed.
    assert [file for file in files if file not in script] == []
    with get(fresh, "/static/manifest.webmanifest") as answer:
        assert answer.headers["Content-Type"] == "application/manifest+json"


async def test_who_speaks_only_unknown_dialects_is_told_to_reload(fresh: Installation) -> None:
    url = f"{fresh.weft.url.replace('http', 'ws', 1)}/ws/y/{fresh.document()}"
    headers = {"Authorization": f"Bearer {fresh.people['ann']['token']}"}
    dialects = [Subprotocol("weft.0"), Subprotocol("weft.9")]
    async with connect(url, additional_headers=headers, subprotocols=dialects) as socket:
        with contextlib.suppress(ConnectionClosed):
            await socket.recv()
        assert (socket.close_code, socket.close_reason) == (4426, "this page is too old, reload it")


async def test_who_speaks_ours_among_others_is_let_in(fresh: Installation) -> None:
    url = f"{fresh.weft.url.replace('http', 'ws', 1)}/ws/y/{fresh.document()}"
    headers = {"Authorization": f"Bearer {fresh.people['ann']['token']}"}
    dialects = [Subprotocol("weft.9"), Subprotocol("weft.1")]
    async with connect(url, additional_headers=headers, subprotocols=dialects) as socket:
        assert socket.subprotocol == "weft.1"
        assert isinstance(await socket.recv(), bytes)
