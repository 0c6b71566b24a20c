"""Those of `test_every_door.py` at the sockets, and at what answers in front of Django: on a real server."""

import asyncio
from typing import Any

import pytest

from tests.acceptance.installation import Installation
from tests.acceptance.test_beyond_sockets import sign_in
from tests.security import doors
from tests.security.callers import ask, knock
from tests.security.doors import For, Raw, Socket

MISSING = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def signed_out(castle: Installation) -> dict[str, str]:
    """What a tab sends whose session was ended elsewhere."""
    _, headers = sign_in(castle, "ben@example.com")
    castle.shell(
        "from documents import actions; from documents.models import User;"
        "actions.end_sessions(by=None, user=User.objects.get(email='ben@example.com'))"
    )
    return headers


def token(castle: Installation, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {castle.people[name]['token']}"}


@pytest.mark.parametrize("door", doors.RAW, ids=lambda door: f"{door.method} {door.path}")
def test_what_stands_in_front_of_django_keeps_outsiders_out(
    castle: Installation, signed_out: dict[str, str], door: Raw
) -> None:
    outside = {"X-Forwarded-For": "203.0.113.9"}  # as through a proxy; /metrics answers this machine alone

    def get(headers: dict[str, str], document: str) -> tuple[int, bytes]:
        path = door.path.replace("{document}", document)
        answer = ask(castle.weft.url, door.method, path, headers, door.body, stream=door.stream)
        return answer.status, answer.body.replace(document.encode(), b"")

    theirs = castle.documents[0]
    for headers in ({}, signed_out, token(castle, "eve"), {"Authorization": "Bearer weft_wrong"}):
        status, body = get({**outside, **headers}, theirs)
        assert (status, body) == get({**outside, **headers}, MISSING)
        assert b"Weavers" not in body
        match door.whose:
            case For.OPERATORS:
                assert status == 404
            case For.SIGNED_IN:
                within = headers == token(castle, "eve")
                assert status == ((404 if "{document}" in door.path else 200) if within else 401)
    assert get({**outside, **token(castle, "rea")}, theirs)[0] == (404 if door.whose is For.OPERATORS else door.reader)


@pytest.mark.parametrize("pattern", doors.SOCKETS)
def test_a_socket_opens_for_nobody_who_should_not_be_in(
    castle: Installation, signed_out: dict[str, str], pattern: str
) -> None:
    door: Socket = doors.SOCKETS[pattern]

    def said(headers: dict[str, str], document: str, secret: str = "") -> Any:
        path = "/" + (pattern or "ws/nothing/of/the/kind").replace("<uuid:document_id>", document)
        first = door.first(document, secret) if door.first else None
        answer = knock(castle.weft.url, path, headers, first)
        return answer.replace(document.encode(), b"") if isinstance(answer, bytes) else answer

    theirs = castle.documents[0]
    for headers in ({}, signed_out, {"Authorization": "Bearer weft_wrong"}):
        answer = said(headers, theirs)
        assert answer == said(headers, MISSING)
        if door.signed_out is not None:
            assert answer[0] == door.signed_out
    answer = said(token(castle, "eve"), theirs, castle.people["eve"]["token"])
    if door.not_theirs is not None or door.first is not None:
        assert answer == said(token(castle, "eve"), MISSING, castle.people["eve"]["token"])
    if door.not_theirs is not None:
        assert answer[0] == door.not_theirs


async def test_another_workspaces_events_are_not_heard(castle: Installation) -> None:
    """Eve's next event is her own, though Ann made something before it."""
    from websockets.asyncio.client import connect

    from tests.acceptance.test_beyond_sockets import call

    await asyncio.to_thread(
        call, castle, "eve", "GET", "/me"
    )  # makes her workspace, whose events she hears from now on
    address = f"{castle.weft.url.replace('http', 'ws', 1)}/ws/events"
    async with connect(address, additional_headers=token(castle, "eve")) as socket:
        assert "hello" in await socket.recv()
        new = {"title": "Unheard of", "workspace": castle.workspace}
        await asyncio.to_thread(call, castle, "ann", "POST", "/documents", new)
        own = await asyncio.to_thread(call, castle, "eve", "POST", "/documents", {"title": "Eve's"})
        heard = ""
        while own["id"] not in heard:
            heard += str(await asyncio.wait_for(socket.recv(), 20))
        assert castle.workspace not in heard
