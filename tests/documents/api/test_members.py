"""Sharing single documents over REST."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.core import mail

from documents import policy
from documents.actions import create_document, share_document
from documents.models import Document, Invitation, Role, User, Workspace
from tests.documents.api.conftest import Callers
from tests.documents.conftest import Listening, join


def test_everybody_who_reaches_a_document_is_listed_with_the_source_of_their_role(
    browser: Callers, ann: User, ben: User, cleo: User, plan: Document
) -> None:
    below = create_document(by=ann, parent=plan)
    share_document(by=ann, document=plan, user_or_email=cleo, role=Role.READER)
    members = browser(cleo)("GET", f"/documents/{below.pk}/members").json()
    assert [(m["user"]["email"], m["role"], m["source"]) for m in members["items"]] == [
        ("ann@example.com", "owner", "owner"),
        ("ben@example.com", "editor", "workspace"),
        ("cleo@example.com", "reader", "ancestor"),
    ]
    assert set(members["items"][0]["user"]) == {"id", "name", "email", "color"}


def test_sharing_by_address_reaches_accounts_and_invites_others(
    browser: Callers, ben: User, cleo: User, plan: Document
) -> None:
    as_ben = browser(ben)
    shared = as_ben("POST", f"/documents/{plan.pk}/members", {"email": "Cleo@example.com", "role": "editor"})
    assert shared.status_code == 200
    assert policy.role_on(cleo, plan) is Role.EDITOR
    invited = as_ben("POST", f"/documents/{plan.pk}/members", {"email": "dora@example.com", "role": "reader"}).json()
    assert [(i["email"], i["role"], i["document"]) for i in invited["invitations"]] == [
        ("dora@example.com", "reader", str(plan.pk))
    ]
    revoked = as_ben("DELETE", f"/workspaces/{plan.workspace_id}/invitations/{invited['invitations'][0]['id']}")
    assert revoked.status_code == 204
    assert as_ben("GET", f"/documents/{plan.pk}/members").json()["invitations"] == []


def test_a_guest_who_may_share_can_take_back_their_invitation(
    browser: Callers, ann: User, ben: User, cleo: User, plan: Document
) -> None:
    share_document(by=ann, document=plan, user_or_email=cleo, role=Role.EDITOR)
    [typo] = browser(cleo)(
        "POST", f"/documents/{plan.pk}/members", {"email": "dora@exmaple.com", "role": "reader"}
    ).json()["invitations"]
    path = f"/workspaces/{plan.workspace_id}/invitations/{typo['id']}"
    outsider = User.objects.create_user("eve@example.com", password="eve's password")
    assert browser(outsider)("DELETE", path).status_code == 404
    assert browser(cleo)("DELETE", path).status_code == 204
    assert Invitation.objects.get(pk=typo["id"]).revoked_at is not None


def test_roles_are_given_changed_and_taken_by_id_or_address(
    browser: Callers, ann: User, cleo: User, plan: Document, listening: Listening
) -> None:
    as_ann = browser(ann)
    for name, role in (("cleo@example.com", "editor"), (str(cleo.pk), "reader")):
        with listening() as heard:
            answer = as_ann("PUT", f"/documents/{plan.pk}/members/{name}", {"role": role})
        assert (answer.status_code, answer.json()["role"], answer.json()["source"]) == (200, role, "share")
        assert ("access", {"document_ids": [plan.pk], "user_ids": [cleo.pk]}) in heard
    assert as_ann("DELETE", f"/documents/{plan.pk}/members/{cleo.pk}").status_code == 204
    assert policy.role_on(cleo, plan) is None
    assert as_ann("PUT", f"/documents/{plan.pk}/members/nobody@example.com", {"role": "reader"}).status_code == 404
    assert as_ann("PUT", f"/documents/{plan.pk}/members/0", {"role": "reader"}).status_code == 404


def test_accounts_cannot_be_looked_up_through_sharing(
    browser: Callers, cleo: User, ann: User, team: Workspace, plan: Document
) -> None:
    join(team, cleo, Role.READER)
    for person in (ann.pk, 10_000):
        answer = browser(cleo)("PUT", f"/documents/{plan.pk}/members/{person}", {"role": "reader"})
        assert answer.status_code == 403


def test_an_id_of_somebody_one_has_nothing_to_do_with_answers_as_nobody_s(
    browser: Callers, ben: User, cleo: User, ann: User, plan: Document
) -> None:
    """The answer to a share has the name and the address of the account: ids must not be tried one by one."""
    as_ben = browser(ben)
    of_cleo, of_nobody = (
        as_ben("PUT", f"/documents/{plan.pk}/members/{person}", {"role": "reader"}) for person in (cleo.pk, 10_000)
    )
    assert of_cleo.status_code == of_nobody.status_code == 404
    assert of_cleo.json() == of_nobody.json()
    assert policy.role_on(cleo, plan) is None
    # Colleagues, and guests of the document, are listed to Ben anyway.
    assert as_ben("PUT", f"/documents/{plan.pk}/members/{ben.pk}", {"role": "reader"}).status_code == 200
    share_document(by=ann, document=plan, user_or_email=cleo, role=Role.READER)
    assert as_ben("PUT", f"/documents/{plan.pk}/members/{cleo.pk}", {"role": "editor"}).status_code == 200


def test_members_take_as_many_queries_for_many_people_as_for_few(
    browser: Callers,
    ann: User,
    plan: Document,
    django_assert_num_queries: Callable[[int], AbstractContextManager[None]],
) -> None:
    as_ann = browser(ann)
    for size in (1, 8):
        for n in range(size):
            person = User.objects.create_user(f"guest{size}-{n}@example.com")
            share_document(by=ann, document=plan, user_or_email=person, role=Role.READER)
            share_document(by=ann, document=plan, user_or_email=f"new{size}-{n}@example.com", role=Role.READER)
        # Who asks · the document · may they: three · who is here: four · invitations
        with django_assert_num_queries(10):
            assert as_ann("GET", f"/documents/{plan.pk}/members").status_code == 200
    assert Invitation.objects.count() == 9
    assert not [message for message in mail.outbox if "guest" in message.to[0]]
