"""Nobody learns here who has an account: not by words, not by redirects, not by the time an answer takes.

Time is measured in what takes it: hashings of passwords (a hundred times everything else) and mails.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from documents.actions import create_document, create_workspace
from documents.models import User
from tests.security.conftest import browser_of
from tests.security.hashing import CountingHasher

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
TAKEN, FREE = "taken@example.com", "free@example.com"


@pytest.fixture(autouse=True)
def counting(settings: object) -> None:
    settings.PASSWORD_HASHERS = ["tests.security.hashing.CountingHasher"]  # type: ignore[attr-defined]


@pytest.fixture
def taken(db: None, counting: None) -> User:
    return User.objects.create_user(TAKEN, password=PASSWORD, name="Ann")


Tell = Callable[[str], Any]


def told(do: Tell, address: str, mailoutbox: list[EmailMessage]) -> tuple[Any, ...]:
    """All that can be seen of an answer, and what it took to make it."""
    hashings, mails = CountingHasher.hashings, len(mailoutbox)
    answer = do(address)
    page = answer.content.decode().replace(address, "ADDRESS")
    page = re.sub(r'(csrfmiddlewaretoken" value=)"\w+"', r"\1", page)
    took = (CountingHasher.hashings - hashings, len(mailoutbox) - mails)
    return answer.status_code, answer.get("Location"), sorted(answer.cookies), page, took


def signing_in(address: str) -> Any:
    return Client().post("/accounts/login/", {"login": address, "password": "wrong"})


def signing_up(address: str) -> Any:
    return Client().post("/accounts/signup/", {"name": "Ann", "email": address, "password1": PASSWORD})


def resetting(address: str) -> Any:
    return Client().post("/accounts/password/reset/", {"email": address})


@pytest.mark.parametrize("do", [signing_in, signing_up, resetting])
def test_a_stranger_is_told_the_same_of_every_address(do: Tell, taken: User, mailoutbox: list[EmailMessage]) -> None:
    assert told(do, TAKEN, mailoutbox) == told(do, FREE, mailoutbox)


def test_an_account_without_a_password_answers_like_every_other(taken: User, mailoutbox: list[EmailMessage]) -> None:
    """One made by an operator, or that came by a provider."""
    User.objects.create_user("nopassword@example.com")
    assert told(signing_in, "nopassword@example.com", mailoutbox) == told(signing_in, FREE, mailoutbox)


def test_a_deactivated_account_answers_a_wrong_password_like_every_other(
    taken: User, mailoutbox: list[EmailMessage]
) -> None:
    User.objects.filter(pk=taken.pk).update(is_active=False)
    assert told(signing_in, TAKEN, mailoutbox) == told(signing_in, FREE, mailoutbox)


def test_inviting_into_a_workspace_does_not_tell(taken: User, mailoutbox: list[EmailMessage]) -> None:
    eve = User.objects.create_user("eve@example.com")
    workspace = create_workspace(by=eve, name="Net")
    as_eve = browser_of(eve)

    def invite(address: str) -> Any:
        body = {"email": address, "role": "reader"}
        return as_eve.post(f"/api/v1/workspaces/{workspace.pk}/invitations", body, content_type="application/json")

    def shape(address: str) -> Any:
        answer = invite(address)
        return answer.status_code, {**answer.json(), "id": "", "created_at": "", "email": ""}

    assert shape(TAKEN) == shape(FREE)
    assert not workspace.memberships.filter(user=taken).exists()


def test_whether_an_invitation_is_good_is_told_to_its_bearer_alone(taken: User) -> None:
    for path in ("/invitations/nonsense/", f"/invitations/{'x' * 43}/"):
        answer = Client().get(path)
        assert answer.status_code == 404
        assert b"example.com" not in answer.content


def test_taking_back_a_share_does_not_tell(taken: User) -> None:
    eve = User.objects.create_user("eve@example.com")
    document = create_document(by=eve, workspace=create_workspace(by=eve, name="Net"), title="Bait")
    as_eve = browser_of(eve)
    answers = [
        as_eve.delete(f"/api/v1/documents/{document.pk}/members/{it}") for it in (TAKEN, FREE, "999999", taken.pk)
    ]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1


def test_sharing_tells_one_address_at_a_time_and_not_many(taken: User, settings: Any) -> None:
    """That sharing works at once for who has an account can't be hidden from the one who shares. It is bounded, and
    each try leaves an entry in the audit log and a message to the address."""
    settings.LIMITS = type(settings.LIMITS)(invitations_per_hour=3)
    eve = User.objects.create_user("eve@example.com")
    document = create_document(by=eve, workspace=create_workspace(by=eve, name="Net"), title="Bait")
    as_eve = browser_of(eve)

    def probe(number: int) -> int:
        path, role = f"/api/v1/documents/{document.pk}/members", {"role": "reader"}
        if number % 2:
            answer = as_eve.put(f"{path}/{number}@example.com", role, content_type="application/json")
        else:
            answer = as_eve.post(path, {**role, "email": f"{number}@example.com"}, content_type="application/json")
        return int(answer.status_code)

    assert [probe(number) for number in range(5)][3:] == [429, 429]


def test_people_are_found_only_among_those_one_works_with(taken: User) -> None:
    eve = User.objects.create_user("eve@example.com")
    create_workspace(by=eve, name="Net")
    found = browser_of(eve).get("/api/v1/users", {"q": "example.com"}).json()["items"]
    assert [person["email"] for person in found] == ["eve@example.com"]
