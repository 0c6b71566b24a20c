"""What people are told, and what they do with it."""

import pytest
from django.utils import timezone

from documents import actions
from documents.actions import notifications, notify, share_document
from documents.errors import Forbidden, NotFound
from documents.models import Document, Invitation, Membership, Notification, Role, User, Workspace
from tests.documents.conftest import Listening, join


def inbox(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).values_list("title", flat=True))


def test_who_is_told_something_hears_of_it_after_the_commit(ann: User, listening: Listening) -> None:
    with listening() as heard:
        made = notify(user=ann, title="The build is green")
    assert heard == [("notified", {"notification": made})]
    assert inbox(ann) == ["The build is green"]


def test_an_inbox_keeps_the_newest(ann: User, ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "KEPT", 3)
    notify(user=ben, title="Ben's")
    for number in range(5):
        notify(user=ann, title=str(number))
    assert inbox(ann) == ["4", "3", "2"]
    assert inbox(ben) == ["Ben's"]


def test_reading_and_reading_again_is_announced_once(ann: User, listening: Listening) -> None:
    made = notify(user=ann, title="News")
    with listening() as heard:
        actions.mark_notification(by=ann, notification_id=made.pk, read=True)
        actions.mark_notification(by=ann, notification_id=made.pk, read=True)
    assert heard == [("inbox", {"user_id": ann.pk})]
    assert actions.mark_notification(by=ann, notification_id=made.pk, read=False).read_at is None


def test_reading_all_leaves_unread_what_came_after(ann: User, ben: User) -> None:
    for title in ("a", "b"):
        notify(user=ann, title=title)
    seen = timezone.now()
    notify(user=ann, title="later")
    notify(user=ben, title="Ben's")
    actions.mark_all_read(by=ann, until=seen)
    assert set(Notification.objects.filter(read_at=None).values_list("title", flat=True)) == {"later", "Ben's"}


def test_another_s_notification_does_not_exist(ann: User, ben: User) -> None:
    made = notify(user=ann, title="Ann's")
    with pytest.raises(NotFound):
        actions.mark_notification(by=ben, notification_id=made.pk, read=True)
    with pytest.raises(NotFound):
        actions.delete_notification(by=ben, notification_id=made.pk)
    assert inbox(ann) == ["Ann's"]


def test_a_deleted_document_takes_no_news_along(ann: User, plan: Document) -> None:
    notify(user=ann, title="Look", document=plan)
    actions.purge_document(by=None, document=plan)
    assert Notification.objects.get().document is None


def test_whom_a_document_is_shared_with_is_told_once(ben: User, cleo: User, plan: Document) -> None:
    share_document(by=ben, document=plan, user_or_email=cleo, role=Role.READER)
    share_document(by=ben, document=plan, user_or_email=cleo, role=Role.EDITOR)
    told = Notification.objects.get(user=cleo)
    assert (told.title, told.body, told.document, told.actor) == (
        f"{ben.name} shared “Plan” with you",
        "You may read it.",
        plan,
        ben,
    )


def test_a_refused_share_tells_nobody(ben: User, cleo: User, plan: Document) -> None:
    with pytest.raises(Forbidden):
        share_document(by=ben, document=plan, user_or_email=cleo, role=Role.ADMIN)
    assert inbox(cleo) == []


def test_whom_an_operator_adds_to_a_workspace_is_told(cleo: User, team: Workspace) -> None:
    actions.add_member(by=None, workspace=team, user=cleo, role=Role.EDITOR)
    told = Notification.objects.get(user=cleo)
    assert (told.title, told.url) == ("You are an editor of Team now", f"/w/{team.pk}")


def test_an_invited_person_with_an_account_finds_the_way_in_and_the_inviter_hears_of_it(
    ann: User, cleo: User, team: Workspace
) -> None:
    actions.invite_member(by=ann, workspace=team, email=cleo.email, role=Role.EDITOR)
    invitation = Invitation.objects.get()
    told = Notification.objects.get(user=cleo)
    assert (told.title, told.url) == (f"{ann.name} invites you to Team", f"/invitations/{invitation.token}/")
    actions.accept_invitation(by=cleo, token=invitation.token)
    assert Membership.objects.filter(workspace=team, user=cleo).exists()
    assert inbox(ann) == [f"{cleo.name} joined Team"]


def test_nobody_is_told_what_they_did_themselves(ann: User, team: Workspace, plan: Document) -> None:
    join(team, ann, Role.OWNER)
    share_document(by=ann, document=plan, user_or_email=ann, role=Role.EDITOR)
    assert inbox(ann) == []
