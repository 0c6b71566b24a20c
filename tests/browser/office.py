"""The running Weft of the browser tests, seen from its operator's side."""

from itertools import count
from typing import Any

from playwright.sync_api import Playwright

from tests.acceptance.installation import Installation
from tests.running import until

HIRE = """
from documents.models import Membership, User, Workspace
user = User.objects.create_user(email="{name}@example.com", password="weft-weft", name="{name}".title())
User.objects.filter(pk=user.pk).update(is_staff={operator}, is_superuser={operator})
if "{role}":
    Membership.objects.create(workspace_id="{workspace}", user=user, role="{role}")
"""

DISMISS = """
from documents.actions.workspaces import remove_member
from documents.models import User, Workspace
workspace = Workspace.objects.get(pk="{workspace}")
remove_member(by=None, workspace=workspace, user=User.objects.get(email="{name}@example.com"))
"""


class Office:
    """Ann owns the workspace Weavers, Ben is an editor of it and Rea a reader."""

    def __init__(self, installation: Installation, playwright: Playwright) -> None:
        self.installation = installation
        self.weft = installation.weft
        self.workspace = installation.workspace
        self.url = self.weft.url
        # Started again, it is found where it was.
        self.weft.environment["PORT"] = self.url.rpartition(":")[2]
        self._names = count(1)
        self._api = playwright.request.new_context(
            base_url=self.url,
            extra_http_headers={"Authorization": f"Bearer {installation.people['ann']['token']}"},
            timeout=30_000,
        )

    def close(self) -> None:
        self._api.dispose()

    def document(self, markdown: str = "", title: str = "") -> str:
        """A new one in Weavers, Ann's."""
        answer = self._api.post("/api/v1/documents", data={"title": title, "workspace": self.workspace})
        assert answer.ok, answer.text()
        made: str = answer.json()["id"]
        if markdown:
            put = self._api.put(
                f"/api/v1/documents/{made}/content", data=markdown, headers={"Content-Type": "text/markdown"}
            )
            assert put.ok, put.text()
        return made

    def content(self, document: str, form: str = "text") -> str:
        """As everyone's programs get it."""
        answer = self._api.get(f"/api/v1/documents/{document}/content", params={"format": form})
        assert answer.ok, answer.text()
        return answer.text()

    def documents(self, **query: Any) -> list[dict[str, Any]]:
        answer = self._api.get("/api/v1/documents", params={"workspace": self.workspace, **query})
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def hire(self, *, role: str = "", operator: bool = False) -> str:
        """Somebody whom no other test knows; returns their name."""
        name = f"{role or ('operator' if operator else 'guest')}{next(self._names)}"
        self.installation.shell(HIRE.format(name=name, role=role, operator=operator, workspace=self.workspace))
        return name

    def dismiss(self, name: str) -> None:
        self.installation.shell(DISMISS.format(name=name, workspace=self.workspace))

    def link_for(self, address: str) -> str:
        """The one in the last message to this address, from what the server printed in place of sending it."""

        def find() -> str:
            printed = self.weft.output
            _, found, message = printed.rpartition(f"\nTo: {address}\n")
            links = [word for word in message.split() if word.startswith(f"{self.url}/")] if found else []
            return links[0] if links else ""

        return until(find, what=f"a link for {address}")

    def kill(self, process: str) -> None:
        """The one whose command has that word in it; if it is being started again just now, as soon as it is."""
        self.weft.child({"web": "weft web", "valkey": "valkey-server"}[process]).kill()

    def restart(self) -> None:
        self.weft.start()
