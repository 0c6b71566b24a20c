"""A cookie counts only for pages of our own: sockets look at the Origin, requests that change something at CSRF too."""

import pytest
from django.test import Client

from collab.signed_in import _own_page
from documents.models import User
from tests.acceptance.installation import Installation
from tests.acceptance.test_beyond_sockets import sign_in
from tests.security import doors
from tests.security.callers import knock
from tests.security.conftest import Fort
from tests.security.test_every_door import OPERATIONS, call, example

SITE, HOST = "https://weft.example", "weft.example"


@pytest.mark.parametrize(
    ("origin", "host", "secure", "ours"),
    [
        (SITE, HOST, True, True),
        (SITE, HOST, False, True),  # a proxy that doesn't say how people came
        (None, HOST, True, True),  # no browser
        ("null", HOST, True, False),  # a sandboxed frame, a file
        ("null", "", True, False),
        ("", "", True, False),
        ("http://weft.example", HOST, True, False),
        ("http://weft.example", HOST, False, False),
        ("https://weft.example:8443", HOST, True, False),
        ("https://weft.example.evil.example", HOST, True, False),
        ("https://evil.example", HOST, True, False),
        ("https://evil.example", "evil.example", True, False),  # both forged: not a host of ours
        ("https://evil.example#weft.example", HOST, True, False),
        ("https://weft.example@evil.example", HOST, True, False),
        ("ftp://weft.example", HOST, True, False),
        ("http://localhost:8000", "localhost:8000", False, True),  # on the machine itself
        ("http://localhost:8000", "localhost:8000", True, False),
        ("http://localhost:8001", "localhost:8000", False, False),
    ],
)
def test_an_origin_is_ours_by_scheme_host_and_port(
    settings: object, origin: str | None, host: str, secure: bool, ours: bool
) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = SITE, [HOST, "localhost"]  # type: ignore[attr-defined]
    assert _own_page(origin, host, "", secure=secure) is ours


@pytest.mark.parametrize("path", ["/ws/events", "/ws/y/{document}"])
def test_a_cookie_opens_no_socket_for_anybody_elses_page(castle: Installation, path: str) -> None:
    _, headers = sign_in(castle, "ann@example.com")
    url, path = castle.weft.url, path.format(document=castle.documents[0])
    port = int(url.rpartition(":")[2])
    for origin in (
        "null",
        "https://evil.example",
        url.replace(str(port), str(port + 1)),
        url.replace("127.0.0.1", "localhost"),
        f"{url}.evil.example",
    ):
        assert knock(url, path, {**headers, "Origin": origin}) == (4401, "signed out"), origin
    assert isinstance(knock(url, path, headers), str | bytes)


CHANGING = [o for o in OPERATIONS if o.method != "GET"]


@pytest.mark.parametrize("operation", CHANGING, ids=str)
def test_no_operation_changes_anything_by_cookie_alone(operation: doors.Operation, fort: Fort) -> None:
    """The session is good, the right is there, and the page that asks is somebody else's."""
    if doors.API.get(operation.name) is doors.For.SIGNED:
        pytest.skip("asks for no session")
    ann = Client(enforce_csrf_checks=True)
    ann.force_login(fort.ann)
    answer = call(ann, operation, fort)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf")


@pytest.mark.parametrize("pattern", [page for page in doors.pages() if not page.startswith("api/")])
def test_no_page_takes_a_form_that_it_did_not_send(pattern: str, fort: Fort) -> None:
    User.objects.filter(pk=fort.ann.pk).update(is_staff=True, is_superuser=True)
    ann = Client(enforce_csrf_checks=True)
    ann.force_login(fort.ann)
    answer = ann.post(example(pattern, fort), {"name": "Changed"})
    # 404: a provider that isn't set up, or nothing of that name. Google's one-tap has a token of its own.
    assert answer.status_code in (403, 404), (pattern, answer.status_code)
