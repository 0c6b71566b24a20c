"""The audit log as an operator reads it, and what operators leave in it themselves."""

import csv
import io

from django.test import Client

from documents import actions
from documents.models import AuditEntry, Document, User, Workspace
from tests.documents.admin.conftest import Act


def entry() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


def test_the_admin_offers_no_way_to_change_or_delete_one(desk: Client, plan: Document) -> None:
    address = f"/admin/documents/auditentry/{entry().pk}"
    page = desk.get(f"{address}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert desk.post(f"{address}/change/", {"action": "x"}).status_code == 403
    assert desk.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    assert desk.get("/admin/documents/auditentry/add/").status_code == 403
    assert b"delete_selected" not in desk.get("/admin/documents/auditentry/").content


def test_an_operator_who_looks_into_a_document_leaves_a_trace(
    desk: Client,
    operator: User,
    plan: Document,
) -> None:
    assert desk.get(f"/admin/documents/document/{plan.pk}/change/").status_code == 200
    written = entry()
    assert (written.action, written.actor, written.document) == ("document.looked_into", operator, plan)


def test_every_change_asked_for_in_the_admin_is_written_down(
    act: Act,
    desk: Client,
    operator: User,
    team: Workspace,
) -> None:
    act("suspend", team)
    written = AuditEntry.objects.get(action="admin.request")
    assert written.actor == operator
    assert written.details == {"path": "/admin/documents/workspace/", "chosen": "suspend", "rows": 1}
    assert AuditEntry.objects.get(action="workspace.suspended").actor == operator
    # A table of a package that knows nothing of our log.
    desk.post("/admin/auth/group/add/", {"name": "Helpers"})
    assert entry().details["path"] == "/admin/auth/group/add/"


def test_nobody_else_writes_into_it_by_knocking_at_the_admin(client: Client, ben: User) -> None:
    client.force_login(ben)
    before = entry()
    client.post("/admin/auth/group/add/", {"name": "Helpers"})
    assert entry() == before


def test_what_was_chosen_is_downloaded_as_csv(
    act: Act,
    operator: User,
    ann: User,
    team: Workspace,
) -> None:
    actions.create_document(by=ann, workspace=team, title="=HYPERLINK(1)")
    actions.rename_workspace(by=ann, workspace=team, name="=cmd|' /C calc'!A0")
    answer = act("as_csv", *AuditEntry.objects.filter(actor=ann))
    assert answer["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0][:3] == ["at", "action", "actor"]
    assert {row[2] for row in rows[1:]} == {"ann@example.com"}
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert AuditEntry.objects.get(action="audit.exported").actor == operator


def test_entries_are_found_by_action_person_and_document(desk: Client, ann: User, plan: Document) -> None:
    for wanted in ("document.created", "ann@example.com", str(plan.pk), "Plan"):
        page = desk.get("/admin/documents/auditentry/", {"q": wanted}).content.decode()
        assert "document.created" in page, wanted
    page = desk.get("/admin/documents/auditentry/", {"q": "nobody@example.com"}).content.decode()
    assert "0 audit entries" in page
    page = desk.get("/admin/documents/auditentry/", {"action": "workspace.created"}).content.decode()
    assert "Plan" not in page.split('id="result_list"')[1].split("</table>")[0]
