"""The log tells the story of one edit, and nothing that is nobody's business."""

import asyncio
import json
import time
import urllib.request
from typing import Any

from collab import tracing
from tests.acceptance.client import until
from tests.acceptance.test_beyond_sockets import sign_in
from tests.watching.conftest import Place
from tests.watching.test_outages import ask


def lines(place: Place, **about: Any) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in place.log.splitlines() if line.startswith("{")]
    return [line for line in found if about.items() <= line.items()]


async def test_a_document_can_be_followed_through_one_edit(place: Place) -> None:
    ann = place.weft.people["ann"]

    def create() -> str:
        body = json.dumps({"title": "Warp", "workspace": place.weft.workspace}).encode()
        headers = {
            "Authorization": f"Bearer {ann['token']}",
            "Content-Type": "application/json",
            "X-Request-ID": "from-the-proxy.1",
        }
        with urllib.request.urlopen(
            urllib.request.Request(f"{place.url}/api/v1/documents", body, headers), timeout=30
        ) as answer:
            assert answer.headers["X-Request-ID"] == "from-the-proxy.1"
            return str(json.load(answer)["id"])

    document = await asyncio.to_thread(create)
    about = {"request_id": "from-the-proxy.1", "logger": "collab.access"}
    await asyncio.to_thread(_wait, lambda: lines(place, **about))  # written when the answer has gone out
    [asked] = lines(place, **about)
    assert (asked["method"], asked["path"], asked["status"]) == ("POST", "/api/v1/documents", 201)
    assert asked["user_id"] == ann["id"]
    assert asked["ms"] > 0

    client = await place.weft.client("ann", document).opened()
    await client.type("a secret pattern ")
    await until(lambda: client.all_saved)
    await asyncio.to_thread(_wait, lambda: lines(place, document_id=document, job="derive"))
    await client.stop()
    await asyncio.to_thread(_wait, lambda: [x for x in lines(place, document_id=document) if "seconds" in x])

    story = lines(place, document_id=document)
    told = [line["message"].split(" ")[0] for line in story]
    assert [word for word in told if word in ("joined", "committed", "derive", "left")][:2] == ["joined", "committed"]
    assert {"joined", "committed", "derive", "left"} <= set(told)
    [joined] = [line for line in story if line["message"].startswith("joined")]
    [left] = [line for line in story if line["message"].startswith("left")]
    assert joined["request_id"] == left["request_id"], "of one connection"
    assert joined["user_id"] == left["user_id"] == ann["id"]
    assert left["transport"] == "websocket"
    assert left["seconds"] >= 0
    assert "code" in left
    [derived] = [line for line in story if line.get("job") == "derive"][:1]
    assert derived["outcome"] == "done"


def test_no_line_has_what_somebody_wrote_or_could_sign_in_by(place: Place) -> None:
    _, headers = sign_in(place.weft, "ben@example.com")
    ask(place, "/accounts/password/reset/key/1-cq4k9f-0123456789abcdef/")
    ask(place, "/invitations/Zm9vYmFyLXRoaXMtaXMtYS1zZWNyZXQ/?token=weft_in_the_query")
    secrets = [person["token"] for person in place.weft.people.values()]
    secrets += [cookie.partition("=")[2] for cookie in headers["Cookie"].split("; ")]
    secrets += ["a secret pattern", "cq4k9f", "Zm9vYmFy", "in_the_query", "weft-weft", "let-me-look"]
    log = place.log
    assert "/accounts/password/reset/key/…/" in log
    assert "/invitations/…/" in log
    assert [secret for secret in secrets if secret in log] == []


def test_an_id_that_is_not_sane_is_replaced(place: Place) -> None:
    for given in ("x" * 65, "a b", '"}', "<script>"):
        answer = ask(place, "/nothing-here", {"X-Request-ID": given})
        assert answer.headers["x-request-id"] != given
        assert answer.status == 404
        assert answer.headers["x-request-id"] in answer.body, "quoted on the page"


def test_addresses_are_shown_without_secrets_and_words_of_people() -> None:
    document = "0089bf2a-15e8-4f87-8da8-e47df59e399d"
    for path in ("/", f"/d/{document}", "/accounts/login/", f"/api/v1/documents/{document}/content", "/static/a-B1.js"):
        assert tracing.shown(path) == path
    assert tracing.shown("/invitations/AbC-1_x/") == "/invitations/…/"
    assert tracing.shown("/d/Our secret plan") == "/d/…"
    assert tracing.document_in(f"/ws/y/{document}") == document
    assert tracing.document_in(f"/w/{document}") is None


def _wait(question: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, question
        time.sleep(0.05)
