from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage

from documents.models import User, Workspace
from tests.accounts.conftest import PASSWORD, Browser

pytestmark = pytest.mark.django_db
Find = Callable[[str], str]


def test_a_stranger_signs_up_confirms_the_address_and_is_in_the_app(visitor: Browser, link_in_mail: Find) -> None:
    assert visitor.sign_up("Ann@Example.com")["Location"] == "/accounts/confirm-email/"
    assert not visitor.is_signed_in
    response = visitor.post(link_in_mail("ann@example.com"))
    assert response["Location"] == "/"
    assert visitor.is_signed_in
    ann = User.objects.get()
    assert (ann.email, ann.name) == ("ann@example.com", "Ann")
    assert Workspace.objects.get().personal_owner == ann


def test_a_link_opened_elsewhere_confirms_but_signs_nobody_in(visitor: Browser, link_in_mail: Find) -> None:
    visitor.sign_up("ann@example.com")
    elsewhere = Browser()
    elsewhere.post(link_in_mail("ann@example.com"))
    assert not elsewhere.is_signed_in
    assert Browser().sign_in("ann@example.com")["Location"] == "/"


def test_following_the_link_alone_confirms_nothing(visitor: Browser, link_in_mail: Find) -> None:
    """Mail scanners follow links."""
    visitor.sign_up("ann@example.com")
    assert "Confirm your e-mail" in visitor.get(link_in_mail("ann@example.com")).content.decode()
    assert Browser().sign_in("ann@example.com")["Location"] == "/accounts/confirm-email/"


def test_sign_up_leads_on_to_where_the_person_wanted_to_go(visitor: Browser, link_in_mail: Find) -> None:
    visitor.sign_up("ann@example.com", next="/shared")
    assert visitor.post(link_in_mail("ann@example.com"))["Location"] == "/shared"


def test_a_taken_address_looks_like_a_free_one_and_its_owner_is_told(
    visitor: Browser, ann: User, mailoutbox: list[EmailMessage]
) -> None:
    taken, free = visitor.sign_up(ann.email), Browser().sign_up("ben@example.com")
    assert (taken.status_code, taken["Location"]) == (free.status_code, free["Location"])
    assert User.objects.filter(email=ann.email).count() == 1
    assert [message.subject for message in mailoutbox if message.to == [ann.email]] == ["You have an account already"]


def test_a_weak_password_is_refused_with_advice(visitor: Browser) -> None:
    page = visitor.sign_up("ann@example.com", password="password").content.decode()
    assert "too common" in page
    assert 'aria-invalid="true"' in page
    assert not User.objects.exists()


def test_a_name_stays_on_one_line(visitor: Browser) -> None:
    visitor.sign_up("ann@example.com", name="Ann\r\n\r\nhttps://evil.example")
    assert User.objects.get().name == "Ann https://evil.example"


def test_mail_is_text_and_the_same_as_html(
    visitor: Browser, mailoutbox: list[EmailMessage], link_in_mail: Find
) -> None:
    visitor.sign_up("ann@example.com", name="<b>Ann</b>")
    [message] = mailoutbox
    [(letter, kind)] = message.alternatives  # type: ignore[attr-defined]
    assert kind == "text/html"
    assert "Hello <b>Ann</b>," in str(message.body)
    assert "&lt;b&gt;Ann&lt;/b&gt;" in letter
    assert f'{link_in_mail("ann@example.com")}" style' in letter


def test_the_page_after_it_says_where_to_find_the_link(visitor: Browser, settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"  # type: ignore[attr-defined]
    assert "printed in the terminal" in visitor.get("/accounts/confirm-email/").content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    assert "printed in the terminal" not in visitor.get("/accounts/confirm-email/").content.decode()


def test_one_address_can_not_sign_up_without_end(visitor: Browser) -> None:
    answers = [visitor.sign_up(f"p{n}@example.com", password=PASSWORD).status_code for n in range(21)]
    assert answers[:20] == [302] * 20
    assert answers[20] == 429


def test_what_is_said_on_the_way_in_is_not_said_later_elsewhere(visitor: Browser, link_in_mail: Find) -> None:
    visitor.sign_up("ann@example.com")
    visitor.post(link_in_mail("ann@example.com"))
    assert visitor.is_signed_in
    assert "is confirmed" not in visitor.get("/accounts/profile/").content.decode()
