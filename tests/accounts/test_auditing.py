"""Signing in and out leaves entries, and so does what changes how one signs in."""

from collections.abc import Callable

import pytest

from documents.models import AuditEntry, User
from tests.accounts.conftest import PASSWORD, Browser

pytestmark = pytest.mark.django_db


def written(action: str) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).latest("pk")


def test_signing_in_is_written_down_with_how_and_from_where(anns_browser: Browser, ann: User) -> None:
    entry = written("session.signed_in")
    assert (entry.actor, entry.user) == (ann, ann)
    assert entry.details["how"] == "password"
    assert entry.details["address"] == "127.0.0.1"
    assert "Firefox" in entry.details["browser"]


def test_a_failed_sign_in_is_nobodys_act_at_somebodys_account(visitor: Browser, ann: User) -> None:
    visitor.sign_in(ann.email, "wrong")
    entry = written("session.sign_in_failed")
    assert (entry.actor, entry.user, entry.details["address"]) == (None, ann, "127.0.0.1")


def test_what_was_typed_for_an_address_that_is_nobodys_is_not_kept(visitor: Browser, ann: User) -> None:
    visitor.sign_in("my-real-password@example.com", "wrong")
    entry = written("session.sign_in_failed")
    assert entry.user is None
    assert "my-real-password" not in str(entry.details)
    assert "wrong" not in str(entry.details)


def test_signing_out_is_written_down(anns_browser: Browser, ann: User) -> None:
    anns_browser.post("/accounts/logout/")
    assert written("session.signed_out").actor == ann


@pytest.mark.django_db(transaction=True)  # what is stored of a session goes on commit
def test_ending_another_session_and_all_others_is_written_down(anns_browser: Browser, ann: User) -> None:
    others = [Browser(HTTP_USER_AGENT="Lynx") for _ in range(3)]
    for other in others:
        other.sign_in(ann.email)
    from allauth.usersessions.models import UserSession

    session = UserSession.objects.get(session_key=others[0].session_key)
    anns_browser.post(f"/accounts/sessions/{session.pk}/end/")
    entry = written("session.ended")
    assert (entry.actor, entry.details["browser"]) == (ann, "Lynx")
    anns_browser.post("/accounts/sessions/")
    assert AuditEntry.objects.filter(action="session.ended").count() == 3
    assert [other.is_signed_in for other in others] == [False] * 3
    assert anns_browser.is_signed_in


def test_tokens_made_and_revoked_are_written_down_without_the_token(anns_browser: Browser, ann: User) -> None:
    anns_browser.confirm()
    page = anns_browser.post("/accounts/tokens/create/", {"name": "Nightly", "scope": "read", "lifetime": "30"})
    made = written("token.created")
    assert (made.actor, made.details["name"]) == (ann, "Nightly")
    token = page.content.decode().split("weft_")[1][:20]
    assert token not in str(made.details)
    anns_browser.post(f"/accounts/tokens/{made.details['token']}/revoke/")
    assert written("token.revoked").actor == ann


def test_changing_and_resetting_a_password_are_written_down(
    anns_browser: Browser, ann: User, link_in_mail: Callable[[str], str]
) -> None:
    form = {"oldpassword": PASSWORD, "password1": "quite another thing"}
    anns_browser.post("/accounts/password/change/", form)
    assert written("user.password_changed").user == ann
    visitor = Browser()
    visitor.post("/accounts/password/reset/", {"email": ann.email})
    form_page = visitor.get(link_in_mail(ann.email))["Location"]
    visitor.post(form_page, {"password1": "a third thing altogether"})
    assert written("user.password_reset").user == ann
    assert "thing" not in str(list(AuditEntry.objects.values_list("details", flat=True)))


def test_signing_up_and_confirming_an_address_are_written_down(
    visitor: Browser, link_in_mail: Callable[[str], str]
) -> None:
    visitor.sign_up("ben@example.com")
    visitor.post(link_in_mail("ben@example.com"))
    ben = User.objects.get()
    assert written("user.signed_up").user == ben
    assert written("user.email_confirmed").details["email"] == "ben@example.com"
    assert written("session.signed_in").user == ben
