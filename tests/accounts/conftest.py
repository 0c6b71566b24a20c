"""People with browsers, and what they find in their mail."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from documents.models import User

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def built_pages(settings: object, tmp_path: Path) -> None:
    """Pages render whether or not Vite has built them here."""
    manifest = tmp_path / ".vite" / "manifest.json"
    manifest.parent.mkdir()
    files = {"src/pages/main.ts": "pages.js", "src/app/main.tsx": "app.js", "src/pages/admin.css": "admin.css"}
    entries = {entry: {"file": file} for entry, file in files.items()}
    manifest.write_text(json.dumps(entries))
    settings.FRONTEND_DIST = tmp_path  # type: ignore[attr-defined]


class Browser(Client):
    def sign_up(self, email: str, name: str = "Ann", password: str = PASSWORD, **more: str) -> HttpResponse:
        form = {"name": name, "email": email, "password1": password, **more}
        return self.post("/accounts/signup/", form)  # type: ignore[return-value]

    def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> HttpResponse:
        return self.post("/accounts/login/", {"login": email, "password": password, **more})  # type: ignore[return-value]

    def confirm(self, password: str = PASSWORD) -> None:
        """That it is still them, as the pages ask before anything that changes how one signs in."""
        assert self.post("/accounts/reauthenticate/", {"password": password}).status_code == 302

    @property
    def is_signed_in(self) -> bool:
        return self.get("/").status_code == 200

    @property
    def session_key(self) -> str:
        return self.cookies["sessionid"].value


@pytest.fixture
def visitor() -> Browser:
    """Somebody nobody knows yet."""
    return Browser()


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann@example.com", password=PASSWORD, name="Ann")


@pytest.fixture
def anns_browser(ann: User) -> Browser:
    browser = Browser(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    browser.sign_in(ann.email)
    return browser


@pytest.fixture
def link_in_mail(mailoutbox: list[mail.EmailMessage]) -> Callable[[str], str]:
    """The path of the one link in the last message to somebody."""

    def find(email: str) -> str:
        message = [message for message in mailoutbox if message.to == [email]][-1]
        found = re.search(r"^https?://[^/\s]+(/accounts/\S+)$", str(message.body), re.MULTILINE)
        assert found, message.body
        return found[1]

    return find
