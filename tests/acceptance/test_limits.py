"""Each limit from both sides, on a running Weft: just under it all is well, just over it happens what
docs/operating.md says, and is counted.

Told elsewhere: full documents (tests/collab/test_room.py, tests/browser/test_full.py), slow and stalled readers
(tests/collab/test_slow_readers.py, tests/watching/test_faults_are_counted.py), how polls are counted
(tests/collab/test_http_transports.py).
"""

import asyncio
import contextlib
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from collab.protocol.lib0 import read_varuint, varbytes, varstring, varuint
from tests.acceptance.client import Client, SocketClient, until
from tests.acceptance.installation import KINDS, Installation, running
from tests.acceptance.test_beyond_sockets import call
from tests.watching.scraping import Numbers, scrape

FRAME, CARET, PER_USER, PER_DOCUMENT, PER_SOCKET = 50_000, 300, 2, 3, 2
WITH_NAME = 100
"""Bytes that a caret's own JSON leaves for the letters in it."""
SETTINGS = {
    "LIMIT_FRAME_BYTES": str(FRAME),
    "LIMIT_AWARENESS_BYTES": str(CARET),
    "LIMIT_SOCKETS_PER_USER_DOCUMENT": str(PER_USER),
    "LIMIT_SOCKETS_PER_DOCUMENT": str(PER_DOCUMENT),
    "LIMIT_DOCUMENTS_PER_SOCKET": str(PER_SOCKET),
    "LIMIT_UPDATES_PER_SECOND": "20",
    "LIMIT_UPDATES_BURST": "40",
    "LIMIT_MESSAGES_PER_SECOND": "20",
    "LIMIT_MESSAGES_BURST": "40",
    "LIMIT_HANDSHAKE_SECONDS": "2",
    "LIMIT_REQUEST_BYTES": "60_000",
    "LIMIT_REQUESTS_PER_MINUTE": "60",
    "LIMIT_EXPORTS_PER_MINUTE": "3",
    "LIMIT_INVITATIONS_PER_HOUR": "2",
    "LIMIT_BAD_TOKENS_PER_MINUTE": "4",
    "LIMIT_SIGN_INS_PER_MINUTE": "3",
    "LIMIT_RESETS_PER_MINUTE": "2",
}


@pytest.fixture(scope="module")
def weft() -> Iterator[Installation]:
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    with running(home, "sqlite", documents=40, **SETTINGS) as installation:
        yield installation
    shutil.rmtree(home, ignore_errors=True)


Enter = Callable[..., Awaitable[Client]]


@pytest_asyncio.fixture
async def enter(weft: Installation) -> AsyncIterator[Enter]:
    inside: list[Client] = []

    async def open_document(name: str, document: str, kind: str = "weft.1") -> Client:
        client = weft.client(name, document, kind, seed=len(inside))
        inside.append(client)
        await client.start()
        await until(lambda: client.synced.is_set() or client.codes)
        return client

    yield open_document
    await asyncio.gather(*(client.stop() for client in inside))


@contextlib.asynccontextmanager
async def counted(weft: Installation, *names: str) -> AsyncIterator[None]:
    """Within, these numbers rise."""

    async def numbers() -> Numbers:
        return await asyncio.to_thread(scrape, weft.weft.url)

    before = await numbers()
    yield
    async with asyncio.timeout(20):
        still = list(names)
        while still:
            now = await numbers()
            still = [name for name in still if now[f"weft_{name}"] <= before[f"weft_{name}"]]


def refused(reason: str) -> str:
    return f'refused_total{{reason="{reason}"}}'


def status_of(
    weft: Installation, method: str, path: str, body: bytes | None = None, token: str = "", **more: str
) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    request = urllib.request.Request(f"{weft.weft.url}{path}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def typed(length: int) -> bytes:
    """An update of just so many bytes, as Yjs makes it."""
    head = b"\x01\x01\x07\x00\x04\x01\x04text"
    letters = length - len(head) - 4
    return head + varuint(letters) + b"x" * letters + b"\x00"


async def test_a_frame(weft: Installation, enter: Enter) -> None:
    document = weft.document()
    assert len(typed(FRAME)) == FRAME
    ann = await enter("ann", document)
    assert isinstance(ann, SocketClient)
    await ann.send(b"\x00\x02" + varbytes(typed(FRAME)))
    await until(lambda: len(weft.stored(document).text) > FRAME - 100)
    async with counted(weft, refused("update_size")):
        await ann.send(b"\x00\x02" + varbytes(typed(FRAME + 1)))
        await until(lambda: ann.closed)
    assert ann.closed == (4413, "too large")


async def test_a_pushed_body(weft: Installation) -> None:
    token, document = weft.people["ann"]["token"], weft.document()
    path = f"/sync/{document}/push"
    assert await asyncio.to_thread(status_of, weft, "POST", path, typed(FRAME), token) == 200
    async with counted(weft, refused("too_large")):
        assert await asyncio.to_thread(status_of, weft, "POST", path, typed(FRAME + 1), token) == 413


@pytest.mark.parametrize("kind", ["weft.1", "y-websocket"])
async def test_a_caret(weft: Installation, enter: Enter, kind: str) -> None:
    document = weft.document()
    ann, ben = await enter("ann", document, kind), await enter("ben", document)
    await ann.move(700, 1, {"at": "x" * (CARET - WITH_NAME)})
    await until(lambda: ben.states.get(700))
    async with counted(weft, "malformed_total"):
        await ann.move(700, 2, {"at": "x" * CARET})
        await until(lambda: ann.closed)
    assert ann.closed == (4413, "awareness state too large")
    assert ben.codes == []


@pytest.mark.parametrize("what", ["edits", "carets"])
async def test_how_often(weft: Installation, enter: Enter, what: str) -> None:
    """A burst goes through at once; what is more comes at the sustained rate, and others don't wait for it."""
    document = weft.document()
    ann, ben = await enter("ann", document), await enter("ben", document)

    async def send(count: int) -> None:
        for number in range(count):
            await (ann.type("x") if what == "edits" else ann.move(700, number + 1, {"at": number}))

    before = await asyncio.to_thread(scrape, weft.weft.url)
    await send(30)
    await until(lambda: len(ben.text) == 30 or (ben.states.get(700) or {}).get("at") == 29)
    assert (await asyncio.to_thread(scrape, weft.weft.url))["weft_throttled_total"] == before["weft_throttled_total"]
    async with counted(weft, "throttled_total"):
        began = asyncio.get_running_loop().time()
        await ann.type("") if what == "edits" else None
        await send(60)
        await ben.type("at once")
        await until(lambda: ben.all_saved)
        assert asyncio.get_running_loop().time() - began < 2
        await until(lambda: len(ann.saved) >= 90 if what == "edits" else True)
    assert ann.codes == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "poll"])
async def test_connections_of_one_person_and_to_one_document(weft: Installation, enter: Enter, kind: str) -> None:
    document = weft.document()
    for _ in range(PER_USER):
        assert (await enter("ann", document, kind)).codes == []
    async with counted(weft, refused("crowd")):
        third = await weft.client("ann", document, kind).start()
        if kind != "hocuspocus":  # which is let in when there is room, and told nothing until then
            await until(lambda: 1013 in third.codes)
    assert (await enter("ben", document, kind)).codes == []
    async with counted(weft, refused("crowd")):
        fourth = await weft.client("rea", document, kind).start()
    await asyncio.gather(third.stop(), fourth.stop())


async def test_documents_on_one_connection(weft: Installation) -> None:
    url, token = weft.weft.url.replace("http", "ws", 1), weft.people["ann"]["token"].encode()
    async with connect(f"{url}/ws/hocuspocus") as socket:
        for number in range(PER_SOCKET + 1):
            address = varstring(weft.document())
            await socket.send(address + b"\x02\x00" + varbytes(token))
            while not (answer := await socket.recv(decode=False)).startswith(address + b"\x02"):
                pass
            assert answer.removeprefix(address)[1] == (2 if number < PER_SOCKET else 1)


async def test_the_time_to_say_what_one_wants(weft: Installation) -> None:
    url, token = weft.weft.url.replace("http", "ws", 1), weft.people["ann"]["token"].encode()
    async with connect(f"{url}/ws/hocuspocus") as quick, connect(f"{url}/ws/hocuspocus") as idle:
        address = varstring(weft.document())
        await quick.send(address + b"\x02\x00" + varbytes(token))
        async with counted(weft, 'hocuspocus_total{event="idle"}'):
            await idle.wait_closed()
        assert idle.close_code == 4408
        await quick.send(address + b"\x00\x00" + varbytes(b"\x00"))
        assert read_varuint(await quick.recv(decode=False), 0)[0] == len(address) - 1


def test_requests_exports_and_invitations_of_one_account(weft: Installation) -> None:
    def answers(name: str, count: int, method: str, path: str, content: bytes | None = None) -> list[int]:
        token = weft.people[name]["token"]
        kind = {"Content_Type": "application/json"}
        return [status_of(weft, method, f"/api/v1{path}", content, token, **kind) for _ in range(count)]

    before = scrape(weft.weft.url)
    document = weft.document()
    assert answers("ann", 4, "GET", f"/documents/{document}/content?format=markdown") == [200, 200, 200, 429]
    body = b'{"email": "somebody@example.com", "role": "reader"}'
    assert answers("ann", 3, "POST", f"/documents/{document}/members", body) == [200, 200, 429]
    assert answers("ben", 61, "GET", "/me").count(429) == 1, "nobody else's count"
    assert answers("eve", 1, "GET", "/me") == [200]
    after = scrape(weft.weft.url)
    of_api = [name for name in after if name.startswith("weft_http_requests_total{") and 'status="429"' in name]
    assert sum(after[name] - before[name] for name in of_api) == 3


def test_wrong_tokens_sign_ins_and_resets_from_one_address(weft: Installation) -> None:
    def answers(count: int, address: str, *how: Any, **more: Any) -> list[int]:
        return [status_of(weft, *how, X_Forwarded_For=address, **more) for _ in range(count)]

    wrong = ("GET", "/api/v1/me", None, "weft_wrong")
    assert answers(5, "203.0.113.1", *wrong) == [401] * 4 + [429]
    assert answers(1, "203.0.113.2", *wrong) == [401]
    with urllib.request.urlopen(f"{weft.weft.url}/accounts/login/", timeout=30) as page:
        cookie = page.headers["Set-Cookie"].partition(";")[0]
        token = page.read().decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = f"csrfmiddlewaretoken={token}&login=nobody@example.com&password=wrong".encode()
    trying = ("POST", "/accounts/login/", form)
    assert answers(4, "203.0.113.3", *trying, Cookie=cookie, Referer=weft.weft.url) == [200] * 3 + [429]
    assert answers(1, "203.0.113.4", *trying, Cookie=cookie, Referer=weft.weft.url) == [200]
    # Where it leads to is a page: so 200 again.
    asking = ("POST", "/accounts/password/reset/", form + b"&email=nobody@example.com")
    assert answers(3, "203.0.113.5", *asking, Cookie=cookie, Referer=weft.weft.url) == [200] * 2 + [429]


def test_a_request_s_body(weft: Installation) -> None:
    token, path = weft.people["rea"]["token"], f"/api/v1/documents/{weft.document()}/content"
    markdown = {"Content_Type": "text/markdown"}
    assert status_of(weft, "PUT", path, b"x" * 60_000, token, **markdown) == 403, "read, and a reader may not"
    token = weft.people["eve"]["token"]
    path = f"/api/v1/documents/{call(weft, 'eve', 'POST', '/documents', {'title': 'Mine'})['id']}/content"
    assert status_of(weft, "PUT", path, b"x" * 60_000, token, **markdown) == 204
    assert status_of(weft, "PUT", path, b"x" * 60_001, token, **markdown) == 413
