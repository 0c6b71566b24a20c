"""You, the people around you, and your tokens."""

from documents.models import AccessToken, AuditEntry, User, Workspace
from tests.documents.api.conftest import Callers


def test_you_change_your_name_and_colour(browser: Callers, ann: User) -> None:
    answer = browser(ann)("PATCH", "/me", {"name": "Ann B.", "color": "#123abc"})
    assert answer.status_code == 200
    assert (answer.json()["user"]["name"], answer.json()["user"]["color"]) == ("Ann B.", "#123abc")
    assert browser(ann)("PATCH", "/me", {"email": "other@example.com"}).json()["user"]["email"] == "ann@example.com"


def test_only_people_of_your_workspaces_are_found(
    browser: Callers, ann: User, ben: User, cleo: User, team: Workspace
) -> None:
    def found(user: User, query: str = "") -> list[str]:
        return [item["name"] for item in browser(user)("GET", f"/users{query}").json()["items"]]

    assert found(ann) == found(ben) == ["ann", "ben"]
    assert found(ann, "?q=BEN@") == ["ben"]
    assert found(ann, f"?workspace={team.pk}") == ["ann", "ben"]
    assert found(cleo, "?q=ann") == []
    assert browser(cleo)("GET", f"/users?workspace={team.pk}").status_code == 404


def test_a_token_is_shown_once(browser: Callers, ann: User) -> None:
    as_ann = browser(ann)
    made = as_ann("POST", "/tokens", {"name": "backup", "scope": "read"})
    assert made.status_code == 201
    assert made.json()["token"].startswith(AccessToken.PREFIX)
    listed = as_ann("GET", "/tokens").json()["items"]
    assert listed == [{key: value for key, value in made.json().items() if key != "token"}]
    assert as_ann("DELETE", f"/tokens/{listed[0]['id']}").status_code == 204
    assert as_ann("GET", "/tokens").json()["items"] == []
    assert list(AuditEntry.objects.filter(action__startswith="token").values_list("actor", flat=True)) == [ann.pk] * 2


def test_anothers_token_is_not_yours_to_revoke(browser: Callers, ann: User, ben: User) -> None:
    token = browser(ann)("POST", "/tokens", {"name": "backup", "scope": "read"}).json()
    assert browser(ben)("DELETE", f"/tokens/{token['id']}").status_code == 404
    assert browser(ben)("GET", "/tokens").json()["items"] == []
    assert AccessToken.objects.get().is_valid()
