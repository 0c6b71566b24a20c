"""Workspaces in the admin: their members inline, suspension, deletion."""

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from documents import policy
from documents.actions import change_role, create_workspace, ensure_personal_workspace, rename_workspace
from documents.models import AuditEntry, Document, Log, Membership, Role, User, Workspace
from tests.documents.admin.conftest import Act, stood_in
from tests.documents.conftest import Listening, join


def form_of(workspace: Workspace, **changes: Any) -> dict[str, Any]:
    """What the page posts when nothing was touched, with `changes` put over it."""
    members = list(workspace.memberships.order_by("pk"))
    form: dict[str, Any] = {
        "name": workspace.name,
        "initial-name": workspace.name,
        "memberships-TOTAL_FORMS": len(members),
        "memberships-INITIAL_FORMS": len(members),
    }
    for index, member in enumerate(members):
        form |= {
            f"memberships-{index}-id": member.pk,
            f"memberships-{index}-workspace": workspace.pk,
            f"memberships-{index}-user": member.user_id,
            f"memberships-{index}-role": member.role,
            f"initial-memberships-{index}-role": member.role,
        }
    return {**form, **changes}


def save(desk: Client, workspace: Workspace, **changes: Any) -> str:
    address = reverse("admin:documents_workspace_change", args=[workspace.pk])
    answer = desk.post(address, form_of(workspace, **changes), follow=True)
    assert answer.redirect_chain, answer.context["errors"]
    return answer.content.decode()


def access_version(document: Document) -> int:
    return Log.objects.get(document=document).access_version


def test_removing_a_member_inline_cuts_them_off_at_once(
    desk: Client, operator: User, ben: User, team: Workspace, plan: Document, listening: Listening
) -> None:
    version = access_version(plan)
    with listening() as heard:
        save(desk, team, **{"memberships-1-DELETE": "on"})
    assert policy.role_on(ben, plan) is None
    assert access_version(plan) > version
    assert ("access", {"document_ids": None, "user_ids": [ben.pk]}) in heard
    entry = AuditEntry.objects.get(action="member.removed")
    assert (entry.actor, entry.user) == (operator, ben)


def test_a_role_changed_inline_is_in_force_at_once(
    desk: Client, operator: User, ben: User, team: Workspace, plan: Document, listening: Listening
) -> None:
    version = access_version(plan)
    with listening() as heard:
        save(desk, team, **{"memberships-1-role": "reader"})
    assert policy.role_on(ben, plan) is Role.READER
    assert access_version(plan) > version
    assert ("access", {"document_ids": None, "user_ids": [ben.pk]}) in heard
    assert AuditEntry.objects.get(action="member.role_changed").actor == operator


def test_a_member_added_inline_is_in_at_once(
    desk: Client, cleo: User, team: Workspace, plan: Document, listening: Listening
) -> None:
    new = {"memberships-2-user": cleo.pk, "memberships-2-role": "editor", "memberships-2-workspace": team.pk}
    with listening() as heard:
        save(desk, team, **{**new, "memberships-TOTAL_FORMS": 3})
    assert policy.role_on(cleo, plan) is Role.EDITOR
    assert ("access", {"document_ids": None, "user_ids": [cleo.pk]}) in heard
    assert AuditEntry.objects.filter(action="member.added", user=cleo).exists()


def test_ownership_is_handed_over_in_one_save(desk: Client, ann: User, ben: User, team: Workspace) -> None:
    save(desk, team, **{"memberships-0-role": "editor", "memberships-1-role": "owner"})
    assert [policy.role_in(person, team) for person in (ann, ben)] == [Role.EDITOR, Role.OWNER]


def test_a_page_opened_before_a_role_changed_does_not_set_it_back(
    desk: Client, ann: User, ben: User, cleo: User, team: Workspace
) -> None:
    join(team, cleo, Role.EDITOR)
    page = desk.get(reverse("admin:documents_workspace_change", args=[team.pk])).content.decode()
    form = {**form_of(team), **stood_in(page), "memberships-2-role": "commenter"}
    change_role(by=ann, workspace=team, user=ben, role=Role.READER)
    rename_workspace(by=ann, workspace=team, name="Crew")
    save(desk, team, **form)
    assert [policy.role_in(person, team) for person in (ben, cleo)] == [Role.READER, Role.COMMENTER]
    team.refresh_from_db()
    assert team.name == "Crew"


def test_what_the_rules_refuse_changes_nothing_and_says_why(desk: Client, team: Workspace) -> None:
    page = save(desk, team, name="Crew", **{"memberships-0-DELETE": "on"})
    assert "A workspace needs an owner" in page
    team.refresh_from_db()
    assert team.name == "Team"
    assert team.memberships.count() == 2


def test_a_members_person_cannot_be_swapped(desk: Client, ben: User, cleo: User, team: Workspace) -> None:
    save(desk, team, **{"memberships-1-user": cleo.pk})
    assert set(Membership.objects.filter(workspace=team).values_list("user__email", flat=True)) == {
        "ann@example.com",
        ben.email,
    }


def test_a_workspace_of_five_hundred_is_saved_without_asking_for_each_member(
    desk: Client, ben: User, team: Workspace
) -> None:
    crowd = [User(email=f"user{n}@example.com", username=f"user{n}", name="User", color="#1d4ed8") for n in range(500)]
    Membership.objects.bulk_create(
        Membership(workspace=team, user=user, role=Role.READER) for user in User.objects.bulk_create(crowd)
    )
    with CaptureQueriesContext(connection) as queries:
        save(desk, team, **{"memberships-1-role": "admin"})
    assert policy.role_in(ben, team) is Role.ADMIN
    assert len(queries) < 100


def test_renaming_is_written_down(desk: Client, operator: User, team: Workspace) -> None:
    save(desk, team, name="Crew")
    entry = AuditEntry.objects.get(action="workspace.renamed")
    assert (entry.actor, entry.details) == (operator, {"old": "Team", "new": "Crew"})


def test_suspending_stops_edits_until_it_is_lifted(
    act: Act, ben: User, team: Workspace, plan: Document, listening: Listening
) -> None:
    version = access_version(plan)
    with listening() as heard:
        act("suspend", team)
    assert ("access", {"document_ids": [plan.pk], "user_ids": None}) in heard
    assert access_version(plan) > version
    assert not policy.may(ben, policy.Action.EDIT, Document.objects.get(pk=plan.pk))
    act("unsuspend", team)
    assert policy.may(ben, policy.Action.EDIT, Document.objects.get(pk=plan.pk))


def test_deleting_asks_first_and_says_what_goes(
    act: Act, operator: User, ann: User, team: Workspace, plan: Document, listening: Listening
) -> None:
    other = create_workspace(by=ann, name="Other")
    page = act("delete", team).content.decode()
    assert "(ann@example.com, 1 document, 2 members)" in page
    assert Workspace.objects.filter(pk=team.pk).exists()
    with listening() as heard:
        act("delete", team, delete="Delete for good")
    assert ("access", {"document_ids": [plan.pk], "user_ids": None}) in heard
    assert set(Workspace.objects.filter(personal_owner=None)) == {other}
    entry = AuditEntry.objects.get(action="workspace.deleted")
    assert (entry.actor, entry.details["name"]) == (operator, "Team")


def test_a_personal_workspace_stays_and_the_others_go(act: Act, ann: User, team: Workspace) -> None:
    personal = ensure_personal_workspace(ann)
    page = act("delete", personal, team, delete="Delete for good").content.decode()
    assert "goes with its account" in page
    assert "Deleted 1 workspace." in page
    assert Workspace.objects.filter(pk=personal.pk).exists()
    assert not Workspace.objects.filter(pk=team.pk).exists()


def test_who_may_change_workspaces_may_not_for_that_delete_them(client: Client, team: Workspace) -> None:
    clerk = User.objects.create_user("clerk@example.com", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["change_workspace", "view_workspace"]))
    client.force_login(clerk)
    address = reverse("admin:documents_workspace_changelist")
    form = {"action": "delete", ACTION_CHECKBOX_NAME: str(team.pk), "delete": "Delete for good"}
    for allowed in (False, True):
        client.post(address, form)
        assert Workspace.objects.filter(pk=team.pk).exists() is not allowed
        clerk.user_permissions.add(Permission.objects.get(codename="delete_workspace"))
