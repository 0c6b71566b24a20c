"""The database or Redis is away: who asks for a page or by the API is told to come again, and is not signed out.

What becomes of open documents meanwhile, the acceptance suites tell.
"""

import asyncio
import json
import re
import signal
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.acceptance.client import until
from tests.acceptance.installation import KINDS
from tests.acceptance.test_beyond_sockets import sign_in
from tests.running import until as wait_until
from tests.watching.conftest import Place
from tests.watching.scraping import parse, scrape

PAGES = ("/", "/d/{document}", "/recent", "/accounts/profile/", "/accounts/tokens/", "/accounts/email/", "/admin/")
API = ("/api/v1/me", "/api/v1/documents", "/api/v1/documents/{document}")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *details: object) -> None:
        """A redirect is an answer, too."""


def ask(place: Place, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    request = urllib.request.Request(place.url + path, body, headers or {})
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=30) as answer:
            return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read().decode())


def ask_all(place: Place, paths: tuple[str, ...], headers: dict[str, str]) -> dict[str, Answer]:
    document = place.weft.documents[0]
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda path: ask(place, path.format(document=document), headers), paths)
        return dict(zip(paths, answers, strict=True))


def must_be_calm(answers: dict[str, Answer]) -> None:
    for path, answer in answers.items():
        assert answer.status == 503, (path, answer.status, answer.headers)
        assert int(answer.headers["retry-after"]) > 0, path
        assert "sessionid" not in answer.headers.get("set-cookie", ""), f"{path} signs people out"
        if path.startswith("/api/"):
            assert json.loads(answer.body)["error"]["code"] == "unavailable", path
        else:
            assert "Weft needs a moment" in answer.body, path
            assert answer.headers["x-request-id"] in answer.body, f"{path} names no reference"


def ready(place: Place) -> tuple[int, dict[str, str]]:
    answer = ask(place, "/readyz")
    return answer.status, json.loads(answer.body)


def signed_in(place: Place) -> dict[str, str]:
    _, headers = sign_in(place.weft, "ann@example.com")
    return {"Cookie": headers["Cookie"]}


def test_without_redis_pages_say_so_and_nobody_is_signed_out(place: Place) -> None:
    cookie = signed_in(place)
    token = {"Authorization": f"Bearer {place.weft.people['ann']['token']}"}
    with place.redis.down():
        must_be_calm(ask_all(place, PAGES + API, cookie))
        form = urllib.parse.urlencode({"login": "ann@example.com", "password": "weft-weft"}).encode()
        page = ask(place, "/accounts/login/")
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
        assert page.status == 200, "the form itself needs nothing"
        assert found is not None
        form += f"&csrfmiddlewaretoken={found[1]}".encode()
        csrf = page.headers["set-cookie"].split(";")[0]
        signing_in = ask(place, "/accounts/login/", {"Cookie": csrf, "Referer": place.url}, form)
        must_be_calm({"/accounts/login/": signing_in})
        # By token only what is counted needs Redis, which is every call of the API.
        assert ask(place, "/api/v1/me", token).status in (200, 503)
        assert ask(place, f"/static/{'favicon.svg'}").status == 200
        status, report = ready(place)
        assert status == 200, "a balancer that took out all would cut off those who are writing"
        assert report["process"] == "degraded"
        assert report["redis"].startswith("unavailable")
        assert report["database"] == "ok"
    wait_until(lambda: ready(place)[1]["process"] == "ok", what="ready")


async def test_without_redis_a_socket_by_cookie_is_told_to_come_again(place: Place) -> None:
    from tests.acceptance.client import SocketClient

    _, headers = await asyncio.to_thread(sign_in, place.weft, "ben@example.com")
    with place.redis.down():
        ben = SocketClient(place.url, place.weft.documents[0], headers=headers)
        await ben.start()
        await until(lambda: 1013 in ben.codes)
        assert ben.closed is None, "signed out is for good"
        await ben.stop()
    await asyncio.to_thread(wait_until, lambda: ready(place)[1]["process"] == "ok")


@pytest.mark.timeout(180)
async def test_without_the_database_pages_say_so_and_open_documents_go_on(place: Place) -> None:
    document = place.weft.document()
    cookie = await asyncio.to_thread(signed_in, place)
    ann = await place.weft.client("ann", document).opened()
    ben = await place.weft.client("ben", document).opened()
    before = await asyncio.to_thread(scrape, place.url)
    with place.without_database():
        await ann.type("meanwhile ")
        await until(lambda: ben.text == "meanwhile ")
        await until(lambda: any(notice["kind"] == "unsaved" for notice in ann.notices))
        must_be_calm(await asyncio.to_thread(ask_all, place, PAGES + API, cookie))
        status, report = await asyncio.to_thread(ready, place)
        assert (status, report["process"]) == (503, "unavailable")
        assert report["database"].startswith("unavailable")
        assert report["redis"] == "ok"
        assert (await asyncio.to_thread(ask, place, "/healthz")).status == 200, "to restart it would lose what it holds"
        now = await asyncio.to_thread(scrape, place.url)
        for name in ("commit_failed_total", "look_failed_total", 'outages_told_total{missing="database"}'):
            assert now[f"weft_{name}"] > before[f"weft_{name}"], name
        assert now["weft_unsaved_bytes"] > 0
    await until(lambda: ann.all_saved)
    await until(lambda: any(notice["kind"] == "saved" for notice in ann.notices))
    await asyncio.to_thread(
        wait_until, lambda: ready(place) == (200, {"process": "ok", "database": "ok", "redis": "ok"})
    )
    assert (await asyncio.to_thread(ask, place, "/api/v1/me", cookie)).status == 200, "still signed in"
    assert (await asyncio.to_thread(scrape, place.url))["weft_unsaved_bytes"] == 0
    await asyncio.gather(ann.stop(), ben.stop())


@pytest.mark.timeout(240)
@pytest.mark.parametrize("first", ["redis", "database"])
async def test_without_both_open_documents_go_on_and_nothing_is_called_saved(place: Place, first: str) -> None:
    """By every transport and dialect; whichever of the two is back first, nobody reloads anything."""
    document = place.weft.document()
    cookie = await asyncio.to_thread(signed_in, place)
    ben = await place.weft.client("ben", document).opened()
    anns = {kind: await place.weft.client("ann", document, kind).opened() for kind in KINDS}
    for kind, ann in anns.items():
        await ann.type(f"{kind}:before ")
    await until(lambda: all(f"{kind}:before" in place.weft.stored(document).text for kind in KINDS))
    await until(lambda: all(ann.all_saved for ann in anns.values() if ann.acknowledges))
    one, other = place.without_database, place.redis.down
    with one() if first == "redis" else other(), other() if first == "redis" else one():
        for kind, ann in anns.items():
            await ann.type(f"{kind}:during ")
        await until(lambda: all(f"{kind}:during" in ben.text for kind in KINDS), what="others see it, unsaved")
        told = [ben, *(anns[kind] for kind in ("weft.1", "sse"))]
        await until(lambda: all(any(notice["kind"] == "unsaved" for notice in one.notices) for one in told))
        assert not any(len(ann.saved) == 2 for ann in anns.values())
        status, report = await asyncio.to_thread(ready, place)
        assert (status, report["process"]) == (503, "unavailable")
        assert report["database"].startswith("unavailable")
        assert report["redis"].startswith("unavailable")
        assert (await asyncio.to_thread(ask, place, "/healthz")).status == 200
        must_be_calm(await asyncio.to_thread(ask_all, place, PAGES + API, cookie))
    await until(lambda: all(ann.all_saved for ann in anns.values() if ann.acknowledges), 60)
    everybody = [ben, *anns.values()]
    await until(lambda: {one.text for one in everybody} == {place.weft.stored(document).text}, what="all agree")
    assert sorted(ben.text.split()) == sorted(f"{kind}:{when}" for kind in KINDS for when in ("before", "during"))
    assert ben.codes == anns["weft.1"].codes == []
    await asyncio.to_thread(
        wait_until, lambda: ready(place) == (200, {"process": "ok", "database": "ok", "redis": "ok"})
    )
    await asyncio.gather(*(one.stop() for one in everybody))


def test_an_outage_is_one_line_of_the_log_for_each_request_and_no_stack(place: Place) -> None:
    lines = [json.loads(line) for line in place.log.splitlines() if line.startswith("{")]
    told = [line for line in lines if line["logger"] == "django.request" and line.get("missing")]
    assert {line["missing"] for line in told} == {"database", "redis"}
    assert all("exception" not in line and line["request_id"] for line in told)


def test_a_process_that_drains_is_not_ready(place: Place) -> None:
    [web] = place.weft.processes("web")
    web.send_signal(signal.SIGTERM)

    def draining() -> bool:
        try:
            return ready(place) == (503, {"process": "draining"})
        except (OSError, ValueError):
            return False

    wait_until(draining, 10)
    web.wait(30)
    wait_until(lambda: place.weft.ready(), 30)


# --- who may read the numbers ---


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"X-Forwarded-For": "203.0.113.9"}, 404),
        ({"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer let-me-look"}, 200),
        ({"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer let-me-in"}, 404),
        ({"X-Forwarded-For": "203.0.113.9", "Authorization": "let-me-look"}, 404),
    ],
    ids=["this machine", "elsewhere", "elsewhere with the token", "with a wrong token", "with no bearer"],
)
def test_numbers_are_for_this_machine_and_for_the_token(place: Place, headers: dict[str, str], status: int) -> None:
    answer = ask(place, "/metrics", headers)
    assert answer.status == status
    assert bool(parse(answer.body)) == (status == 200)
