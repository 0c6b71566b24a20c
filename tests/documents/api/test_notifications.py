from documents.actions import notify
from documents.models import AccessToken, Document, Notification, User
from tests.documents.api.conftest import Callers


def test_an_inbox_comes_newest_first_in_pages_with_the_number_of_unread(ann: User, browser: Callers) -> None:
    for number in range(5):
        notify(user=ann, title=str(number))
    call = browser(ann)
    first = call("GET", "/notifications?limit=3").json()
    rest = call("GET", f"/notifications?limit=3&cursor={first['next']}").json()
    assert [item["title"] for item in first["items"] + rest["items"]] == ["4", "3", "2", "1", "0"]
    assert (first["unread"], rest["next"]) == (5, None)


def test_a_notification_says_who_and_where(ann: User, ben: User, plan: Document, browser: Callers) -> None:
    notify(user=ann, title="Look", body="at this", document=plan, actor=ben)
    [shown] = browser(ann)("GET", "/notifications").json()["items"]
    assert shown["document"] == str(plan.pk)
    assert shown["actor"] == {"id": ben.pk, "name": ben.name, "color": ben.color}
    assert (shown["title"], shown["body"], shown["url"], shown["read_at"]) == ("Look", "at this", "", None)


def test_reading_one_and_taking_it_back(ann: User, browser: Callers) -> None:
    made = notify(user=ann, title="News")
    call = browser(ann)
    assert call("PATCH", f"/notifications/{made.pk}", {"read": True}).json()["read_at"]
    assert call("GET", "/notifications").json()["unread"] == 0
    assert call("GET", "/notifications?unread=true").json()["items"] == []
    assert call("PATCH", f"/notifications/{made.pk}", {"read": False}).json()["read_at"] is None


def test_reading_all_up_to_what_was_seen(ann: User, browser: Callers) -> None:
    call = browser(ann)
    notify(user=ann, title="seen")
    until = call("GET", "/notifications").json()["items"][0]["created_at"]
    notify(user=ann, title="not seen")
    assert call("POST", "/notifications/read", {"until": until}).status_code == 204
    assert call("GET", "/notifications").json()["unread"] == 1
    assert call("POST", "/notifications/read").status_code == 204
    assert call("GET", "/notifications").json()["unread"] == 0


def test_another_s_inbox_stays_shut(ann: User, ben: User, browser: Callers) -> None:
    made = notify(user=ann, title="Ann's")
    call = browser(ben)
    assert call("GET", "/notifications").json()["items"] == []
    assert call("DELETE", f"/notifications/{made.pk}").status_code == 404
    assert call("PATCH", f"/notifications/{made.pk}", {"read": True}).status_code == 404
    assert browser(None)("GET", "/notifications").status_code == 401


def test_a_token_to_read_changes_nothing(ann: User, program: Callers) -> None:
    made = notify(user=ann, title="News")
    call = program(ann, AccessToken.Scope.READ)
    assert call("GET", "/notifications").json()["unread"] == 1
    assert call("DELETE", f"/notifications/{made.pk}").status_code == 403
    assert program(ann)("DELETE", f"/notifications/{made.pk}").status_code == 204
    assert not Notification.objects.exists()
