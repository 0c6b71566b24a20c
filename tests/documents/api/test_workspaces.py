"""Workspaces, members and invitations over REST."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from documents.actions import create_workspace, ensure_personal_workspace, invite_member, suspend_workspace
from documents.models import Invitation, Membership, Role, User, Workspace
from tests.documents.api.conftest import Callers
from tests.documents.conftest import Listening, join


def test_making_and_naming_a_workspace(browser: Callers, ann: User) -> None:
    as_ann = browser(ann)
    made = as_ann("POST", "/workspaces", {"name": " Lab "})
    assert made.status_code == 201
    workspace = made.json()
    assert workspace == {
        **{"id": workspace["id"], "name": "Lab", "personal": False, "role": "owner"},
        **{"suspended": False, "member_count": 1},
    }
    assert as_ann("PATCH", f"/workspaces/{workspace['id']}", {"name": "Labs"}).json()["name"] == "Labs"
    assert as_ann("GET", f"/workspaces/{workspace['id']}").json()["name"] == "Labs"
    assert as_ann("PATCH", f"/workspaces/{workspace['id']}", {"name": "  "}).status_code == 422


def test_another_workspace_answers_as_if_it_did_not_exist(browser: Callers, cleo: User, team: Workspace) -> None:
    as_cleo = browser(cleo)
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/members"),
        ("DELETE", "/members/1"),
        ("POST", "/leave"),
        ("GET", "/invitations"),
        ("POST", "/invitations"),
    ):
        body = {"name": "x", "email": "x@example.com", "role": "reader"}
        answer = as_cleo(method, f"/workspaces/{team.pk}{path}", None if method == "GET" else body)
        assert answer.status_code == 404, path
    assert as_cleo("POST", "/documents", {"workspace": str(team.pk)}).status_code == 404


def test_an_editor_sees_members_and_changes_none(browser: Callers, ann: User, ben: User, team: Workspace) -> None:
    as_ben = browser(ben)
    members = as_ben("GET", f"/workspaces/{team.pk}/members").json()["items"]
    assert [(m["user"]["id"], m["role"]) for m in members] == [(ann.pk, "owner"), (ben.pk, "editor")]
    for method, path, body in (
        ("PUT", f"/members/{ben.pk}", {"role": "admin"}),
        ("DELETE", f"/members/{ann.pk}", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("GET", "/invitations", None),
        ("POST", "/invitations", {"email": "x@example.com", "role": "reader"}),
    ):
        assert as_ben(method, f"/workspaces/{team.pk}{path}", body).status_code == 403, path


def test_an_owner_changes_roles_and_removes_members(
    browser: Callers, ann: User, ben: User, team: Workspace, listening: Listening
) -> None:
    as_ann = browser(ann)
    assert as_ann("PUT", f"/workspaces/{team.pk}/members/{ben.pk}", {"role": "reader"}).json()["role"] == "reader"
    with listening() as heard:
        assert as_ann("DELETE", f"/workspaces/{team.pk}/members/{ben.pk}").status_code == 204
    assert ("access", {"document_ids": None, "user_ids": [ben.pk]}) in heard
    assert as_ann("DELETE", f"/workspaces/{team.pk}/members/{ben.pk}").status_code == 404
    last = as_ann("POST", f"/workspaces/{team.pk}/leave")
    assert (last.status_code, last.json()["error"]["code"]) == (409, "last_owner")


def test_a_member_leaves(browser: Callers, ben: User, team: Workspace) -> None:
    assert browser(ben)("POST", f"/workspaces/{team.pk}/leave").status_code == 204
    assert browser(ben)("GET", f"/workspaces/{team.pk}").status_code == 404


def test_an_owner_deletes_a_workspace_but_not_the_personal_one(browser: Callers, ann: User, team: Workspace) -> None:
    as_ann = browser(ann)
    assert as_ann("DELETE", f"/workspaces/{team.pk}").status_code == 204
    assert as_ann("DELETE", f"/workspaces/{team.pk}").status_code == 404
    assert str(team.pk) not in [mine["id"] for mine in as_ann("GET", "/me").json()["workspaces"]]
    personal = as_ann("DELETE", f"/workspaces/{ensure_personal_workspace(ann).pk}")
    assert (personal.status_code, personal.json()["error"]["code"]) == (409, "conflict")


def test_an_invitation_is_sent_listed_accepted_or_revoked(
    browser: Callers, ann: User, cleo: User, team: Workspace
) -> None:
    as_ann = browser(ann)
    path = f"/workspaces/{team.pk}/invitations"
    sent = as_ann("POST", path, {"email": "cleo@example.com", "role": "editor"})
    assert sent.status_code == 201
    assert sent.json()["invited_by"] == {"id": ann.pk, "name": ann.name}
    assert "token" not in sent.json()
    assert as_ann("GET", path).json()["items"] == [sent.json()]

    token = Invitation.objects.get().token
    assert browser(ann)("POST", f"/invitations/{token}/accept").status_code == 403
    accepted = browser(cleo)("POST", f"/invitations/{token}/accept")
    assert accepted.json() == {"workspace": str(team.pk), "document": None}
    assert as_ann("GET", path).json()["items"] == []

    other = as_ann("POST", path, {"email": "dora@example.com", "role": "reader"}).json()
    assert as_ann("DELETE", f"{path}/{other['id']}").status_code == 204
    assert as_ann("GET", path).json()["items"] == []
    assert browser(cleo)("POST", "/invitations/made-up/accept").status_code == 404


def test_invitations_of_another_workspace_cannot_be_revoked(
    browser: Callers, ann: User, cleo: User, team: Workspace
) -> None:
    invitation = invite_member(by=ann, workspace=team, email="dora@example.com", role=Role.READER)
    own = create_workspace(by=cleo, name="Own")
    assert browser(cleo)("DELETE", f"/workspaces/{own.pk}/invitations/{invitation.pk}").status_code == 404
    assert Invitation.objects.get().is_pending


def test_invitations_are_limited_for_they_send_mail(
    browser: Callers, ann: User, team: Workspace, settings: Settings
) -> None:
    settings.LIMITS = replace(django_settings.LIMITS, invitations_per_hour=2)
    codes = [
        browser(ann)("POST", f"/workspaces/{team.pk}/invitations", {"email": f"{n}@example.com", "role": "reader"})
        for n in range(5)
    ]
    assert 429 in [answer.status_code for answer in codes]


def test_lists_of_people_take_as_many_queries_for_many_as_for_few(
    browser: Callers,
    ann: User,
    team: Workspace,
    django_assert_num_queries: Callable[[int], AbstractContextManager[None]],
) -> None:
    as_ann = browser(ann)
    as_ann("GET", "/me")  # makes the personal workspace
    for size in (1, 8):
        for n in range(size):
            join(team, User.objects.create_user(f"guest{size}-{n}@example.com"), Role.READER)
            invite_member(by=ann, workspace=team, email=f"new{size}-{n}@example.com", role=Role.READER)
            create_workspace(by=ann, name=f"Place {size}-{n}")
        with django_assert_num_queries(4):
            as_ann("GET", f"/workspaces/{team.pk}/members")
        with django_assert_num_queries(4):
            as_ann("GET", f"/workspaces/{team.pk}/invitations")
        with django_assert_num_queries(4):
            as_ann("GET", "/me")


def test_me_lists_the_personal_workspace_first_and_counts_members(
    browser: Callers, ann: User, ben: User, team: Workspace
) -> None:
    suspend_workspace(by=None, workspace=team)
    ben.is_active = False
    ben.save()
    me = browser(ann)("GET", "/me").json()
    assert me["user"] == {"id": ann.pk, "name": "ann", "email": "ann@example.com", "color": ann.color}
    personal, other = me["workspaces"]
    assert (personal["personal"], personal["role"]) == (True, "owner")
    assert (other["name"], other["suspended"], other["member_count"]) == ("Team", True, 1)
    assert Membership.objects.filter(user=ann).count() == 2
