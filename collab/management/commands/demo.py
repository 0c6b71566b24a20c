from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

import collab.launch
from collab.launch.home import secret
from documents import actions
from documents.models import Document, Membership, Role, User, Workspace

TEXTS = Path(collab.launch.__file__).parent / "demo"
NAME = "The Weavers"


class Command(BaseCommand):
    help = "Makes a demo workspace with two people in it, once; prints what to sign in with, each time."

    def handle(self, *args: Any, **options: Any) -> None:
        password = secret(settings.WEFT_HOME, "demo_password")[:12]  # enough, and can be typed
        ann, ben = (person(name, password) for name in ("Ann", "Ben"))
        if not Workspace.objects.filter(name=NAME, memberships__user=ann).exists():
            make_workspace(ann, ben)
        self.stdout.write(f"Demo: sign in as {ann.email} or {ben.email}, password {password}")


def person(name: str, password: str) -> User:
    email = f"{name.lower()}@example.com"
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email=email, password=password, name=name)


def make_workspace(ann: User, ben: User) -> None:
    workspace = actions.create_workspace(by=ann, name=NAME)
    # Not by invitation: that would send mail to an address that is not there.
    Membership.objects.create(workspace=workspace, user=ben, role=Role.EDITOR)
    welcome = page(ann, workspace, "Welcome to Weft", "welcome")
    plan = page(ann, workspace, "The report: who writes what", "plan", parent=welcome)
    page(ben, workspace, "Minutes of Monday", "minutes", parent=plan)
    page(ben, workspace, "Ideas", "ideas")
    for reader in (ann, ben):
        actions.favourite(by=reader, document=welcome)


def page(by: User, workspace: Workspace, title: str, text: str, parent: Document | None = None) -> Document:
    document = actions.create_document(by=by, workspace=workspace, title=title, parent=parent)
    actions.replace_content(by=by, document=document, markdown=(TEXTS / f"{text}.md").read_text())
    return document
