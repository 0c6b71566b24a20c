"""A workspace's part of the audit log, for those who administer it."""

from typing import Any

from documents import actions
from documents.models import AuditEntry, Document, Role, User, Workspace
from tests.documents.api.conftest import Callers
from tests.documents.conftest import join


def test_an_export_is_written_down(browser: Callers, ben: User, plan: Document) -> None:
    as_ben = browser(ben)
    answer = as_ben("GET", f"/documents/{plan.pk}/content?format=html&download=1")
    assert answer.status_code == 200
    written = AuditEntry.objects.latest("pk")
    assert (written.action, written.actor, written.document) == ("document.exported", ben, plan)
    assert written.details == {"format": "html", "title": "Plan"}
    again = as_ben("GET", f"/documents/{plan.pk}/content?format=html", **{"If-None-Match": answer["ETag"]})
    assert again.status_code == 304  # nothing left the house
    assert AuditEntry.objects.latest("pk") == written


def activity(caller: Any, workspace: Workspace, query: str = "") -> Any:
    return caller("GET", f"/workspaces/{workspace.pk}/activity{query}")


def test_owners_and_admins_read_what_happened_and_nobody_else(
    browser: Callers,
    ann: User,
    ben: User,
    cleo: User,
    team: Workspace,
) -> None:
    assert activity(browser(ann), team).status_code == 200
    assert activity(browser(ben), team).status_code == 403
    assert activity(browser(cleo), team).status_code == 404
    join(team, ben, Role.ADMIN)
    assert activity(browser(ben), team).status_code == 200


def test_it_says_who_what_to_whom_and_on_which_document(
    browser: Callers,
    ann: User,
    cleo: User,
    plan: Document,
    team: Workspace,
) -> None:
    actions.share_document(by=ann, document=plan, user_or_email=cleo, role=Role.READER)
    [newest, *_] = activity(browser(ann), team).json()["items"]
    assert newest["action"] == "document.shared"
    assert newest["actor"] == {"id": ann.pk, "name": ann.name}
    assert newest["user"] == {"id": cleo.pk, "name": cleo.name}
    assert newest["document"] == {"id": str(plan.pk), "title": "Plan"}
    assert newest["details"] == {"role": "reader"}


def test_pages_follow_each_other_without_a_gap(browser: Callers, ann: User, team: Workspace) -> None:
    for number in range(7):
        actions.create_document(by=ann, workspace=team, title=f"{number}")
    as_ann = browser(ann)
    whole = [item["id"] for item in activity(as_ann, team).json()["items"]]
    found: list[int] = []
    cursor = ""
    while True:
        page = activity(as_ann, team, f"?limit=3{cursor}").json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        actions.create_document(by=ann, workspace=team, title="meanwhile")
        cursor = f"&cursor={page['next']}"
    assert found == whole
    assert found == sorted(found, reverse=True)


def test_other_workspaces_and_places_on_the_network_are_not_in_it(
    browser: Callers,
    ann: User,
    ben: User,
    team: Workspace,
) -> None:
    actions.create_document(by=ben, workspace=actions.create_workspace(by=ben, name="Ben's"), title="Hidden")
    AuditEntry.objects.create(action="x", workspace=team, details={"address": "192.0.2.1", "browser": "Lynx"})
    said = activity(browser(ann), team).content.decode()
    assert "Hidden" not in said
    assert "192.0.2.1" not in said
    assert "Lynx" not in said
