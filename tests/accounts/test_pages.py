"""What holds for every page that Django renders."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.accounts.conftest import Browser

ENTRANCES = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/nonsense/",
    "/accounts/inactive/",
    "/accounts/3rdparty/login/cancelled/",
    "/accounts/3rdparty/login/error/",
    "/accounts/first-admin/nonsense/",
    "/invitations/nonsense/",
]
SETTINGS = [
    "/accounts/profile/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/sessions/",
    "/accounts/3rdparty/",
    "/accounts/tokens/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
]
VOID_OF_CODE = {"application/json"}


class Page(HTMLParser):
    """Collects what would break a strict content security policy, or leave a screen reader in the dark."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.controls: list[dict[str, str | None]] = []
        self.described: list[str] = []
        self.headings = 0
        self.feed(html)
        self.faults += [f"no label: {c}" for c in self.controls if c.get("id") not in self.labelled]
        self.faults += [f"twice: {each}" for each in set(self.ids) if self.ids.count(each) > 1]
        self.faults += [f"describes nothing: {each}" for each in self.described if each not in self.ids]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if identity := given.get("id"):
            self.ids.append(identity)
        if tag == "form" and not given.get("action", "/").startswith("/"):  # type: ignore[union-attr]
            self.faults.append(f"a form for {given['action']}")
        if tag == "script" and "src" not in given and given.get("type") not in VOID_OF_CODE:
            self.faults.append("a script in the page")
        self.faults += [f"{name} on {tag}" for name in given if name == "style" or name.startswith("on")]
        if tag == "label" and given.get("for"):
            self.labelled.add(str(given["for"]))
        is_control = tag in {"input", "select", "textarea"} and given.get("type") not in {"hidden", "radio"}
        if is_control and "aria-label" not in given:
            self.controls.append(given)
        self.described += (given.get("aria-describedby") or "").split()
        self.headings += tag == "h1"


def check(html: str) -> None:
    page = Page(html)
    assert page.faults == []
    assert page.headings == 1
    assert "{{" not in html
    assert "{%" not in html
    assert "<title>" in html
    assert 'lang="en"' in html


@pytest.mark.django_db
@pytest.mark.parametrize("path", ENTRANCES)
def test_entrances_are_sound(path: str, visitor: Browser) -> None:
    check(visitor.get(path, headers={"host": "localhost"}).content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize("path", SETTINGS)
def test_settings_are_sound(path: str, anns_browser: Browser) -> None:
    anns_browser.confirm()
    response = anns_browser.get(path, headers={"host": "localhost"})
    assert response.status_code == 200
    check(response.content.decode())


@pytest.mark.django_db
def test_a_refused_form_ties_its_errors_to_the_fields(visitor: Browser) -> None:
    html = visitor.post("/accounts/signup/", {"name": "", "email": "nonsense", "password1": "short"}).content.decode()
    check(html)
    assert 'aria-describedby="id_password1_helptext id_password1_error"' in html


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "429", "500"])
def test_error_pages_come_without_request_database_or_built_styles(code: str, settings: object, tmp_path: Path) -> None:
    settings.FRONTEND_DIST = tmp_path / "nothing"  # type: ignore[attr-defined]
    check(render_to_string(f"{code}.html"))
    check(render_to_string(f"{code}.html", request=None))


@pytest.mark.django_db
def test_a_form_left_open_too_long_gets_advice(ann: object) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert response.status_code == 403
    assert "This page was open too long" in response.content.decode()


@pytest.mark.django_db
def test_an_unknown_address_gets_the_page_for_it(visitor: Browser) -> None:
    response = visitor.get("/nothing/of/the/kind")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/w/1", "/d/1", "/trash", "/favourites", "/recent", "/shared", "/settings/workspace/1"]
)
def test_the_app_answers_at_its_addresses(path: str, anns_browser: Browser) -> None:
    html = anns_browser.get(path).content.decode()
    assert 'id="app"' in html
    assert "needs JavaScript" in html
    check(html)
