"""Nobody is led elsewhere: not by `next`, not by the host a request names, not by an address in a mail."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from documents.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "https:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    " https://evil.example",
    "\thttps://evil.example",
    "https://testserver@evil.example",
    "https://testserver.evil.example",
]


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann@example.com", password=PASSWORD)


def leads_away(answer: Any) -> bool:
    return urlsplit(answer.get("Location", "").strip()).netloc not in ("", "testserver")


@pytest.mark.parametrize("address", ELSEWHERE)
@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/logout/",
        "/accounts/reauthenticate/",
        "/accounts/password/reset/",
        "/accounts/3rdparty/",
        "/admin/login/",
        "/admin/logout/",
    ],
)
def test_next_leads_nowhere_but_here(ann: User, path: str, address: str) -> None:
    for signed_in in (False, True):
        client = Client()
        if signed_in:
            client.force_login(ann)
        form = {"login": ann.email, "password": PASSWORD, "email": "ben@example.com", "next": address}
        asked = client.get(path, {"next": address})
        posted = client.post(f"{path}?next={address}", form)
        for answer in (asked, posted):
            assert not leads_away(answer), (path, address, answer["Location"])


def test_a_path_with_two_slashes_is_no_way_out() -> None:
    for path in ("//evil.example/", "//evil.example/accounts/profile", "/accounts//evil.example"):
        answer = Client().get(path)
        assert not leads_away(answer), (path, answer.get("Location"))


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "testserver evil"]
)
def test_a_host_that_is_not_ours_is_refused(ann: User, host: str, mailoutbox: list[EmailMessage]) -> None:
    answer = Client().post("/accounts/password/reset/", {"email": ann.email}, headers={"host": host})
    assert answer.status_code == 400
    assert b"evil" not in answer.content
    assert not mailoutbox


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "Forwarded", "X-Original-URL"])
def test_what_a_request_says_of_its_host_elsewhere_gets_into_no_mail(
    ann: User, header: str, mailoutbox: list[EmailMessage]
) -> None:
    Client().post("/accounts/password/reset/", {"email": ann.email}, headers={header: "evil.example"})
    [message] = mailoutbox
    assert "evil" not in str(message.body)
    assert "evil" not in str(getattr(message, "alternatives", ""))
