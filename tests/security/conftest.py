"""Those who shouldn't be in: ann owns the workspace with the secret, rea reads there, eve belongs to another workspace,
rob was signed in and signed out, and nobody has no account."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import Client

from documents.actions import create_document, create_token, create_workspace
from documents.actions.invitations import invite
from documents.models import AccessToken, Document, Invitation, Membership, Notification, Role, User, Workspace
from tests.acceptance.installation import Installation, running

SECRET = "quetzalcoatlus"
"""In everything that an outsider may not see: title, names, addresses."""


@dataclass
class Fort:
    ann: User
    rea: User
    eve: User
    rob: User
    workspace: Workspace
    document: Document
    invitation: Invitation
    token: AccessToken
    notification: Notification
    elsewhere: Document
    """Eve's own."""


@pytest.fixture
def fort(db: None) -> Fort:
    ann = User.objects.create_user(f"ann-{SECRET}@example.com", password="weft-weft", name=f"Ann {SECRET}")
    rea, eve, rob = (User.objects.create_user(f"{n}@example.com", password="weft-weft") for n in ("rea", "eve", "rob"))
    workspace = create_workspace(by=ann, name=f"Lab {SECRET}")
    for person, role in ((rea, Role.READER), (rob, Role.EDITOR)):
        Membership.objects.create(workspace=workspace, user=person, role=role)
    document = create_document(by=ann, workspace=workspace, title=f"Plan {SECRET}")
    invitation = invite(ann, workspace, f"guest-{SECRET}@example.com", Role.EDITOR)
    token, _ = create_token(by=ann, user=ann, name=f"For {SECRET}")
    elsewhere = create_document(by=eve, workspace=create_workspace(by=eve, name="Elsewhere"), title="Mine")
    notification = Notification.objects.create(user=ann, title=f"About {SECRET}")
    return Fort(ann, rea, eve, rob, workspace, document, invitation, token, notification, elsewhere)


@pytest.fixture(autouse=True)
def built_pages(settings: object, tmp_path: Path) -> None:
    """Pages render whether or not Vite has built them here."""
    manifest = tmp_path / ".vite" / "manifest.json"
    manifest.parent.mkdir()
    entries = {"src/pages/main.ts": {"file": "pages.js"}, "src/app/main.tsx": {"file": "app.js"}}
    manifest.write_text(json.dumps(entries))
    settings.FRONTEND_DIST = tmp_path  # type: ignore[attr-defined]


def browser_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def signed_out_tab(user: User) -> Client:
    """A tab that is still open, with the cookie it had; its session was ended elsewhere."""
    client = browser_of(user)
    cookie = client.cookies["sessionid"].value
    client.logout()
    client.cookies["sessionid"] = cookie
    return client


@pytest.fixture(scope="session")
def castle() -> Iterator[Installation]:
    """A running Weft, told to say all that it can say in its log."""
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))  # short: a unix socket's path is bounded
    with running(home, "sqlite", documents=3, LOG_LEVEL="DEBUG") as installation:
        yield installation
    shutil.rmtree(home, ignore_errors=True)
