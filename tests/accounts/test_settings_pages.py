import re
from datetime import timedelta

import pytest
from django.utils import timezone

from documents.models import AccessToken, User
from tests.accounts.conftest import PASSWORD, Browser

pytestmark = pytest.mark.django_db


def test_a_person_changes_name_and_colour(anns_browser: Browser, ann: User) -> None:
    response = anns_browser.post("/accounts/profile/", {"name": "  Anna \n K. ", "color": "#be185d"}, follow=True)
    ann.refresh_from_db()
    assert (ann.name, ann.color) == ("Anna K.", "#be185d")
    assert "Saved." in response.content.decode()


def test_a_colour_chosen_elsewhere_is_kept(anns_browser: Browser, ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(color="#123456")
    anns_browser.post("/accounts/profile/", {"name": "Anna", "color": "#123456"})
    ann.refresh_from_db()
    assert (ann.name, ann.color) == ("Anna", "#123456")


def test_a_nameless_profile_is_refused_and_changes_nothing(anns_browser: Browser, ann: User) -> None:
    page = anns_browser.post("/accounts/profile/", {"name": " ", "color": "#be185d"}).content.decode()
    assert "Tell us your name" in page
    ann.refresh_from_db()
    assert ann.name == "Ann"


def test_a_token_is_shown_once_and_works(anns_browser: Browser, ann: User) -> None:
    anns_browser.confirm()
    form = {"name": "Export", "scope": "read", "lifetime": "30"}
    page = anns_browser.post("/accounts/tokens/create/", form).content.decode()
    shown = re.search(r'value="(weft_[\w-]+)"', page)
    assert shown
    token = AccessToken.objects.get(user=ann)
    assert token.digest == AccessToken.digest_of(shown[1])
    assert token.expires_at is not None
    assert abs(token.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert shown[1] not in anns_browser.get("/accounts/tokens/").content.decode()


def test_a_token_without_a_name_is_not_made(anns_browser: Browser) -> None:
    anns_browser.confirm()
    form = {"name": "", "scope": "read", "lifetime": "0"}
    assert "Say what it is for" in anns_browser.post("/accounts/tokens/create/", form).content.decode()
    assert not AccessToken.objects.exists()


def test_making_a_token_asks_who_it_is_and_then_makes_it(anns_browser: Browser) -> None:
    form = {"name": "Export", "scope": "admin", "lifetime": "0"}
    asked = anns_browser.post("/accounts/tokens/create/", form)["Location"]
    assert asked.startswith("/accounts/reauthenticate/")
    assert not AccessToken.objects.exists()
    assert "Copy your token now" in anns_browser.post(asked, {"password": PASSWORD}).content.decode()
    assert AccessToken.objects.get().name == "Export"


def test_a_revoked_token_is_off_the_list(anns_browser: Browser, ann: User) -> None:
    anns_browser.confirm()
    anns_browser.post("/accounts/tokens/create/", {"name": "Export", "scope": "write", "lifetime": "0"})
    token = AccessToken.objects.get(user=ann)
    anns_browser.post(f"/accounts/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert not token.is_valid()
    assert "You have no token" in anns_browser.get("/accounts/tokens/").content.decode()


def test_nobody_revokes_the_token_of_somebody_else(anns_browser: Browser) -> None:
    ben = User.objects.create_user("ben@example.com")
    token = AccessToken.objects.create(user=ben, name="Ben's", digest="x")
    assert anns_browser.post(f"/accounts/tokens/{token.pk}/revoke/").status_code == 404


def test_a_second_address_counts_once_it_is_confirmed(anns_browser: Browser, link_in_mail: object) -> None:
    anns_browser.confirm()
    anns_browser.post("/accounts/email/", {"action_add": "", "email": "ann@work.example"})
    assert "Not confirmed" in anns_browser.get("/accounts/email/").content.decode()
    anns_browser.post(link_in_mail("ann@work.example"))  # type: ignore[operator]
    assert "Not confirmed" not in anns_browser.get("/accounts/email/").content.decode()
    assert Browser().sign_in("ann@work.example")["Location"] == "/"
