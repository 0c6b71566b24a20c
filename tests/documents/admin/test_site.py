"""The site as a whole: its way in, and that every page opens without a query a row."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from documents.actions import create_document, create_token, invite_member, notify, suspend_workspace
from documents.admin.operating import OperatedAdmin
from documents.models import Document, Role, User, Workspace

NAMES = ["workspace", "document", "user", "invitation", "accesstoken", "auditentry", "notification"]


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/?next=/admin/", "/admin/documents/user/"])
def test_signing_in_is_the_page_that_asks_for_the_second_factor(client: Client, db: None, path: str) -> None:
    answer = client.get(path, follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert "next=" in answer.redirect_chain[-1][0]


def test_djangos_own_form_signs_nobody_in(client: Client, operator: User) -> None:
    answer = client.post("/admin/login/", {"username": operator.email, "password": "op's password"})
    assert answer.status_code == 302
    assert "sessionid" not in client.cookies


def test_who_is_no_operator_stays_out(client: Client, ann: User) -> None:
    client.force_login(ann)
    assert client.get("/admin/documents/user/", follow=True).status_code == 403


def test_it_bears_our_name_and_look_and_sends_passwords_to_the_account_pages(desk: Client) -> None:
    page = desk.get("/admin/").content
    assert b"Weft administration" in page
    assert b'href="/static/assets/admin-' in page
    assert desk.get("/admin/password_change/").headers["Location"] == reverse("account_change_password")


@pytest.fixture
def one_of_each(ann: User, team: Workspace) -> Callable[[int], None]:
    def make(n: int) -> None:
        person = User.objects.create_user(f"person{n}@example.com")
        create_document(by=ann, workspace=team, title=f"Paper {n}")
        create_document(by=person, title=f"Paper of {n}")
        invite_member(by=ann, workspace=team, email=f"new{n}@example.com", role=Role.READER)
        create_token(by=person, user=person, name="program")
        notify(user=person, title=f"News {n}", actor=ann)

    return make


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_a_page_and_can_be_searched_for(
    desk: Client, one_of_each: Callable[[int], None], team: Workspace, name: str
) -> None:
    one_of_each(0)
    suspend_workspace(by=None, workspace=team)
    assert desk.get(reverse(f"admin:documents_{name}_changelist"), {"q": "person0"}).status_code == 200
    model = next(model for model in admin.site._registry if model._meta.model_name == name)
    for row in model._default_manager.all()[:3]:
        assert desk.get(reverse(f"admin:documents_{name}_change", args=[row.pk])).status_code == 200


def test_no_row_of_ours_is_saved_or_deleted_past_the_actions(desk: Client, plan: Document, ann: User) -> None:
    ours = [entry for model, entry in admin.site._registry.items() if model._meta.app_label == "documents"]
    assert len(ours) == len(NAMES)
    assert all(isinstance(entry, OperatedAdmin) for entry in ours)
    for row in (plan, plan.workspace, ann):
        name = row._meta.model_name
        assert desk.post(reverse(f"admin:documents_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        page = desk.get(reverse(f"admin:documents_{name}_changelist")).content
        assert b"delete_selected" not in page


def test_staff_without_permissions_run_no_actions(client: Client, plan: Document, team: Workspace) -> None:
    clerk = User.objects.create_user("clerk@example.com", is_staff=True)
    client.force_login(clerk)
    answer = client.post(
        reverse("admin:documents_workspace_changelist"), {"action": "suspend", "_selected_action": [str(team.pk)]}
    )
    assert answer.status_code == 403
    team.refresh_from_db()
    assert team.suspended_at is None
