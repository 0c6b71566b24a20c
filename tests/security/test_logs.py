"""A log is read by many and kept for long: nothing in it lets a reader act as somebody else."""

import logging

import pytest

from collab.launch.logs import Handler, JSONFormatter, without_secrets
from tests.acceptance.installation import Installation
from tests.acceptance.test_beyond_sockets import sign_in
from tests.running import until
from tests.security.callers import ask, knock

TOKEN = "weft_" + "aB3-_" * 8


@pytest.mark.parametrize(
    "line",
    [
        f'127.0.0.1:1 - "WebSocket /ws/y/1?token={TOKEN}" [accepted]',
        f"/sync/1/events?cursor=1.2&token={TOKEN}&x=y",
        "< Authorization: Bearer something-else-entirely",
        "'authorization': 'Bearer something-else-entirely'",
        "[(b'authorization', b'Bearer something-else-entirely')]",
        "< Cookie: csrftoken=something-else-entirely; sessionid=something-else-entirely",
        f"ValueError: {TOKEN} is no token",
        "?TOKEN=something-else-entirely HTTP/1.1",
        "?token=weft%5Fsomething-else-entirely",
    ],
)
def test_secrets_are_cut_out_of_a_line(line: str) -> None:
    cut = without_secrets(line)
    assert "something-else-entirely" not in cut
    assert TOKEN not in cut
    assert "…" in cut


@pytest.mark.parametrize(
    "line",
    [
        "Compacted 1f0c: 12 entries",
        "Weft is a loom's weft_thread",
        "no token was given",
        "GET /tokens?limit=3",
        "token: 3",
    ],
)
def test_a_line_without_secrets_stays_as_it_is(line: str) -> None:
    assert without_secrets(line) == line


@pytest.mark.parametrize("formatter", [logging.Formatter(), JSONFormatter()])
def test_exceptions_and_extras_are_looked_through_too(formatter: logging.Formatter) -> None:
    handler = Handler()
    handler.setFormatter(formatter)
    try:
        raise ValueError(f"?token={TOKEN}")
    except ValueError:
        import sys

        fault = sys.exc_info()
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "went wrong with %s", (TOKEN,), fault)
    record.asked = f"/ws/y/1?token={TOKEN}"
    line = handler.format(record)
    assert "went wrong" in line
    assert "ValueError" in line
    assert TOKEN not in line


def test_a_server_told_to_debug_says_much_and_no_secret(castle: Installation) -> None:
    """`castle` runs with LOG_LEVEL=DEBUG: uvicorn logs each socket's address, websockets every header."""
    url, token, document = castle.weft.url, castle.people["ann"]["token"], castle.documents[1]
    _, headers = sign_in(castle, "ann@example.com")
    session = headers["Cookie"].split("sessionid=")[1].split(";")[0]
    assert isinstance(knock(url, f"/ws/y/{document}?token={token}"), bytes)
    assert isinstance(knock(url, f"/ws/y/{document}", {"Authorization": f"Bearer {token}"}), bytes)
    assert isinstance(knock(url, "/ws/events", headers), str)
    assert knock(url, f"/ws/y/{document}?token=weft_of-nobody-at-all-but-long-enough") == (4401, "signed out")
    for path in ("/api/v1/me", f"/nothing?token={token}", f"/ws/y/{document}?token={token}"):
        ask(url, "GET", path, {"Authorization": f"Bearer {token}"})
    until(lambda: f"/ws/y/{document}?token=…" in castle.weft.output, what="the socket's line in the log")
    said = castle.weft.output
    assert token not in said
    assert session not in said
    assert "of-nobody-at-all" not in said
