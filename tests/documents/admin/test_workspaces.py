"""Workspaces in the admin: their members inline, suspension."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from documents import policy
from documents.models import AuditEntry, Document, Log, Membership, Role, User, Workspace
from tests.documents.admin.conftest import Act
from tests.documents.conftest import Listening


def form_of(workspace: Workspace, **changes: Any) -> dict[str, Any]:
    """What the page posts when nothing was touched, with `changes` put over it."""
    members = list(workspace.memberships.order_by("pk"))
    form: dict[str, Any] = {
        "name": workspace.name,
        "memberships-TOTAL_FORMS": len(members),
        "memberships-INITIAL_FORMS": len(members),
    }
    for index, member in enumerate(members):
        form |= {
            f"memberships-{index}-id": member.pk,
            f"memberships-{index}-workspace": workspace.pk,
            f"memberships-{index}-user": member.user_id,
            f"memberships-{index}-role": member.role,
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
