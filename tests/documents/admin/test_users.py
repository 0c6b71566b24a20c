"""Accounts in the admin."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from documents import policy
from documents.models import AuditEntry, Document, Log, User, Workspace
from tests.documents.admin.conftest import Act, stood_in
from tests.documents.conftest import Listening


def change(desk: Client, user: User, **fields: Any) -> Any:
    form = {"name": user.name, "color": user.color, **fields}
    return desk.post(reverse("admin:documents_user_change", args=[user.pk]), form, follow=True)


def test_a_new_account_can_sign_in_and_is_written_down(desk: Client, operator: User) -> None:
    form = {"email": "Dora@example.com", "name": "", "password": "quite a long one 7"}
    answer = desk.post(reverse("admin:documents_user_add"), form, follow=True)
    assert answer.status_code == 200
    dora = User.objects.get(email="dora@example.com")
    assert dora.check_password("quite a long one 7")
    assert dora.name == "dora"
    assert EmailAddress.objects.get(user=dora).verified
    assert AuditEntry.objects.get(action="user.created").actor == operator


def test_without_a_password_nobody_can_sign_in_by_one(desk: Client) -> None:
    desk.post(reverse("admin:documents_user_add"), {"email": "dora@example.com", "name": "Dora", "password": ""})
    assert not User.objects.get(email="dora@example.com").has_usable_password()


def test_an_address_has_one_account_and_weak_passwords_are_refused(desk: Client, ann: User) -> None:
    for form in (
        {"email": "ANN@example.com", "password": ""},
        {"email": "dora@example.com", "password": "12345"},
    ):
        answer = desk.post(reverse("admin:documents_user_add"), form)
        assert answer.context["errors"]
    assert User.objects.count() == 2


def test_deactivating_closes_everything_at_once(
    act: Act, ben: User, plan: Document, client: Client, listening: Listening
) -> None:
    client.force_login(ben)
    version = Log.objects.get(document=plan).access_version
    with listening() as heard:
        act("deactivate", ben)
    assert ("access", {"document_ids": None, "user_ids": [ben.pk]}) in heard
    assert "sessions" in [name for name, _ in heard]
    assert Log.objects.get(document=plan).access_version > version
    ben.refresh_from_db()
    assert not policy.may(ben, policy.Action.VIEW, plan)
    assert client.get("/api/v1/me").status_code == 401
    act("reactivate", ben)
    ben.refresh_from_db()
    assert policy.may(ben, policy.Action.EDIT, plan)


def test_operators_cannot_lock_themselves_out(act: Act, desk: Client, operator: User) -> None:
    assert "can’t deactivate your own" in act("deactivate", operator).content.decode().replace("&#x27;", "’")
    change(desk, operator, is_staff="", is_superuser="")
    operator.refresh_from_db()
    assert operator.is_active
    assert operator.is_superuser


def test_ending_sessions_signs_out_everywhere(act: Act, ben: User, client: Client, listening: Listening) -> None:
    client.post(reverse("account_login"), {"login": ben.email, "password": "ben's password"})
    assert client.get("/api/v1/me").status_code == 200
    with listening() as heard:
        act("end_sessions", ben)
    assert ("sessions", {"user_id": ben.pk, "session_keys": None}) in heard
    assert client.get("/api/v1/me").status_code == 401


def test_making_somebody_an_operator_is_written_down(desk: Client, operator: User, ann: User) -> None:
    assert change(desk, ann, name="Ann", is_staff="on").status_code == 200
    ann.refresh_from_db()
    assert (ann.name, ann.is_staff, ann.is_superuser) == ("Ann", True, False)
    assert AuditEntry.objects.get(action="user.operator_changed").actor == operator


def test_who_renames_somebody_is_written_down_as_themselves(desk: Client, operator: User, ann: User) -> None:
    change(desk, ann, name="Ann Example")
    entry = AuditEntry.objects.get(action="user.profile_changed")
    assert (entry.actor, entry.user) == (operator, ann)


def test_a_page_opened_before_somebody_else_changed_it_sets_nothing_back(desk: Client, ann: User) -> None:
    page = desk.get(reverse("admin:documents_user_change", args=[ann.pk])).content.decode()
    User.objects.filter(pk=ann.pk).update(name="Ann Example", is_staff=True)
    change(desk, ann, **stood_in(page), color="#123abc", is_superuser="on")
    ann.refresh_from_db()
    assert (ann.name, ann.color, ann.is_staff, ann.is_superuser) == ("Ann Example", "#123abc", True, True)


def test_groups_change_as_the_operator_chose_and_not_by_a_page_that_is_older(desk: Client, ann: User) -> None:
    page = desk.get(reverse("admin:documents_user_change", args=[ann.pk])).content.decode()
    clerks, editors = Group.objects.create(name="Clerks"), Group.objects.create(name="Editors")
    ann.groups.add(clerks)
    change(desk, ann, **stood_in(page), name="Ann Example")
    assert list(ann.groups.all()) == [clerks]
    change(desk, ann, **stood_in(page), groups=[editors.pk])
    assert list(ann.groups.all()) == [editors]


def test_the_address_and_the_standing_are_not_for_every_clerk(client: Client, desk: Client, ann: User) -> None:
    clerk = User.objects.create_user("clerk@example.com", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["change_user", "view_user"]))
    client.force_login(clerk)
    for person in (ann, clerk):
        change(client, person, name="New", email="x@example.com", is_staff="on", is_superuser="on")
        person.refresh_from_db()
        assert person.name == "New"
        assert not person.is_superuser
        assert person.email != "x@example.com"


def test_somebodys_workspaces_are_listed(desk: Client, ben: User, team: Workspace) -> None:
    page = desk.get(reverse("admin:documents_user_change", args=[ben.pk])).content.decode()
    assert reverse("admin:documents_workspace_change", args=[team.pk]) in page


def test_a_persons_own_page_offers_what_the_list_does_and_asks_first(
    desk: Client, operator: User, ann: User, listening: Listening
) -> None:
    page = reverse("admin:documents_user_change", args=[ann.pk])
    for action, is_active in (("end_sessions", True), ("deactivate", False), ("reactivate", True)):
        address = reverse(f"admin:documents_user_{action}", args=[ann.pk])
        assert address in desk.get(page).content.decode()
        before = AuditEntry.objects.count()
        assert "ann@example.com" in desk.get(address).content.decode()
        assert AuditEntry.objects.count() == before
        with listening() as heard:
            answer = desk.post(address, follow=True)
        assert answer.redirect_chain == [(page, 302)]
        assert "1 account." in answer.content.decode()
        assert ("sessions" in [name for name, _ in heard]) is (action != "reactivate")
        ann.refresh_from_db()
        assert ann.is_active is is_active
        assert AuditEntry.objects.filter(user=ann, actor=operator).exists()
    own = desk.get(reverse("admin:documents_user_change", args=[operator.pk])).content.decode()
    assert reverse("admin:documents_user_deactivate", args=[operator.pk]) not in own


def test_who_may_only_look_at_accounts_is_offered_nothing(client: Client, ann: User) -> None:
    clerk = User.objects.create_user("clerk@example.com", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(clerk)
    address = reverse("admin:documents_user_deactivate", args=[ann.pk])
    assert address not in client.get(reverse("admin:documents_user_change", args=[ann.pk])).content.decode()
    assert (client.get(address).status_code, client.post(address).status_code) == (403, 403)
    ann.refresh_from_db()
    assert ann.is_active
