from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage

from documents.models import User
from tests.accounts.conftest import PASSWORD, Browser

pytestmark = pytest.mark.django_db


def test_the_app_asks_a_stranger_to_sign_in_and_then_goes_on(visitor: Browser, ann: User) -> None:
    asked = visitor.get("/d/1f0c7e5e-0000-4000-8000-000000000000")
    assert asked["Location"].startswith("/accounts/login/?next=/d/")
    assert visitor.sign_in(ann.email, next="/d/1f0c7e5e-0000-4000-8000-000000000000")["Location"].startswith("/d/")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_never_leads_to_another_site(visitor: Browser, ann: User, elsewhere: str) -> None:
    assert visitor.sign_in(ann.email, next=elsewhere)["Location"] == "/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(visitor: Browser, ann: User) -> None:
    def answer(email: str) -> str:
        page = visitor.sign_in(email, "wrong").content.decode().replace(email, "")
        return page.split('<main id="content"')[1].split("csrfmiddlewaretoken")[0]

    assert "don&#x27;t match" in visitor.sign_in(ann.email, "wrong").content.decode()
    assert answer(ann.email) == answer("nobody@example.com")


def test_guessing_is_stopped_and_the_right_password_does_not_help_then(visitor: Browser, ann: User) -> None:
    for _ in range(5):
        visitor.sign_in(ann.email, "wrong")
    assert "Too many tries" in visitor.sign_in(ann.email).content.decode()
    assert not visitor.is_signed_in


def test_an_inactive_account_is_told_so_only_with_its_password(visitor: Browser, ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert visitor.sign_in(ann.email)["Location"] == "/accounts/inactive/"
    assert "don&#x27;t match" in visitor.sign_in(ann.email, "wrong").content.decode()


def test_a_forgotten_password_is_reset_by_mail(visitor: Browser, ann: User, link_in_mail: Callable[[str], str]) -> None:
    visitor.post("/accounts/password/reset/", {"email": ann.email})
    form = visitor.get(link_in_mail(ann.email))["Location"]
    assert visitor.post(form, {"password1": "quite another thing"})["Location"] == "/"
    assert visitor.is_signed_in
    assert Browser().sign_in(ann.email, "quite another thing")["Location"] == "/"
    used = Browser().get(link_in_mail(ann.email))
    assert used.status_code == 302 or "expired" in used.content.decode()


def test_asking_for_a_reset_does_not_tell_who_has_an_account(
    visitor: Browser, ann: User, mailoutbox: list[EmailMessage]
) -> None:
    known = visitor.post("/accounts/password/reset/", {"email": ann.email})
    unknown = visitor.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [message.subject for message in mailoutbox] == [
        "Choose a new password",
        "There is no account with this address",
    ]


def test_the_admin_is_entered_by_the_same_door(visitor: Browser) -> None:
    assert visitor.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_a_second_sign_in_needs_no_second_confirmation(visitor: Browser, ann: User) -> None:
    visitor.sign_in(ann.email, PASSWORD)
    visitor.post("/accounts/logout/")
    assert not visitor.is_signed_in
    visitor.sign_in(ann.email, PASSWORD)
    assert visitor.is_signed_in
