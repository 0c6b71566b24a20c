"""Documents over REST. What actions allow and do is tested elsewhere; here: addresses, shapes, answers."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from documents import searching
from documents.actions import create_document, set_inherits, share_document, suspend_workspace, trash_document
from documents.api import listing
from documents.models import DerivedContent, Document, Role, User, Workspace
from tests.documents.api.conftest import Caller, Callers
from tests.documents.conftest import join

NumQueries = Callable[[int], AbstractContextManager[None]]


def titles(caller: Caller, query: str = "") -> list[str]:
    answer = caller("GET", f"/documents{query}")
    assert answer.status_code == 200, answer.content
    return [item["title"] for item in answer.json()["items"]]


def test_a_title_is_all_it_takes_also_for_an_account_from_the_shell(browser: Callers, ann: User) -> None:
    as_ann = browser(ann)
    answer = as_ann("POST", "/documents", {"title": "First"})
    assert answer.status_code == 201
    document = answer.json()
    assert set(document) == {
        *("id", "title", "workspace", "parent", "position", "role", "inherits", "favourite", "trashed_at"),
        *("created_at", "updated_at", "created_by", "word_count", "has_children"),
    }
    assert (document["title"], document["role"], document["parent"]) == ("First", "owner", None)
    assert as_ann("GET", f"/documents/{document['id']}").json() == document


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("DELETE", "?purge=true"),
        ("POST", "/move"),
        ("POST", "/duplicate"),
        ("POST", "/restore"),
        ("PUT", "/favourite"),
        ("POST", "/visit"),
        ("GET", "/content"),
        ("GET", "/members"),
    ],
)
def test_anothers_document_answers_as_if_it_did_not_exist(
    browser: Callers, cleo: User, plan: Document, method: str, path: str
) -> None:
    as_cleo = browser(cleo)
    body: dict[str, str] | None = {} if method != "GET" else None
    hidden = as_cleo(method, f"/documents/{plan.pk}{path}", body)
    absent = as_cleo(method, f"/documents/{'0' * 8}-0000-4000-8000-{'0' * 12}{path}", body)
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json() == absent.json()


def test_a_reader_reads_and_changes_nothing(browser: Callers, cleo: User, team: Workspace, plan: Document) -> None:
    join(team, cleo, Role.READER)
    as_cleo = browser(cleo)
    assert as_cleo("GET", f"/documents/{plan.pk}").json()["role"] == "reader"
    for method, path, body in (
        ("PATCH", "", {"title": "Mine"}),
        ("PATCH", "", {"inherits": False}),
        ("DELETE", "", None),
        ("POST", "/move", {"parent": None, "before": None}),
        ("POST", "/members", {"email": "x@example.com", "role": "reader"}),
    ):
        answer = as_cleo(method, f"/documents/{plan.pk}{path}", body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), path
    plan.refresh_from_db()
    assert (plan.title, plan.inherits, plan.trashed_at) == ("Plan", True, None)


def test_renaming_answers_with_the_new_name(browser: Callers, ben: User, plan: Document) -> None:
    answer = browser(ben)("PATCH", f"/documents/{plan.pk}", {"title": "  Plan B "})
    assert (answer.status_code, answer.json()["title"]) == (200, "Plan B")


def test_two_changes_in_one_request_happen_both_or_not_at_all(
    browser: Callers, cleo: User, plan: Document, team: Workspace
) -> None:
    suspended = team
    join(suspended, cleo, Role.EDITOR)
    suspend_workspace(by=None, workspace=suspended)
    assert browser(cleo)("PATCH", f"/documents/{plan.pk}", {"title": "B", "inherits": False}).status_code == 403
    plan.refresh_from_db()
    assert (plan.title, plan.inherits) == ("Plan", True)


def test_the_tree_comes_flat_and_in_order(browser: Callers, ann: User, team: Workspace, plan: Document) -> None:
    as_ann = browser(ann)
    second = as_ann("POST", "/documents", {"title": "Second", "workspace": str(team.pk)}).json()
    child = as_ann("POST", "/documents", {"title": "Child", "parent": str(plan.pk)}).json()
    create_document(by=ann, title="Elsewhere")
    here = f"?workspace={team.pk}"
    assert sorted(titles(as_ann, here)) == ["Child", "Plan", "Second"]
    items = {item["title"]: item for item in as_ann("GET", f"/documents{here}").json()["items"]}
    assert items["Child"]["parent"] == str(plan.pk)
    assert [items[title]["has_children"] for title in ("Plan", "Second", "Child")] == [True, False, False]

    moved = as_ann("POST", f"/documents/{second['id']}/move", {"parent": None, "before": str(plan.pk)}).json()
    assert moved["position"] < plan.position
    assert [title for title in titles(as_ann, here) if title != "Child"] == ["Second", "Plan"]
    assert titles(as_ann, f"?parent={plan.pk}") == ["Child"]
    assert as_ann("POST", f"/documents/{plan.pk}/move", {"parent": child["id"]}).status_code >= 400


def test_each_list_holds_what_it_is_named_after(browser: Callers, ann: User, cleo: User, plan: Document) -> None:
    as_ann, as_cleo = browser(ann), browser(cleo)
    notes = as_ann("POST", "/documents", {"title": "Notes"}).json()["id"]
    assert as_ann("PUT", f"/documents/{notes}/favourite").status_code == 204
    assert titles(as_ann, "?favourite=1") == ["Notes"]
    assert as_ann("GET", f"/documents/{notes}").json()["favourite"] is True
    assert as_ann("DELETE", f"/documents/{notes}/favourite").status_code == 204
    assert titles(as_ann, "?favourite=1") == []

    for document in (plan.pk, notes, plan.pk):
        assert as_ann("POST", f"/documents/{document}/visit").status_code == 204
    assert titles(as_ann, "?recent=1") == ["Plan", "Notes"]
    assert titles(as_cleo, "?recent=1") == []

    assert titles(as_cleo) == []
    share_document(by=ann, document=plan, user_or_email=cleo, role=Role.READER)
    assert titles(as_cleo, "?shared=1") == titles(as_cleo) == ["Plan"]
    assert titles(as_ann, "?shared=1") == []

    DerivedContent.objects.filter(document=plan).update(**searching.columns("Plan", "The moon"))
    found = as_ann("GET", "/documents?q=MOON").json()
    assert ([item["title"] for item in found["items"]], found["excerpts"]) == (["Plan"], {str(plan.pk): "The moon"})
    assert titles(as_ann, "?q=note") == ["Notes"]
    assert as_ann("GET", "/documents").json()["excerpts"] == {}


def test_the_trash_lists_what_can_be_restored_from_it(
    browser: Callers, ann: User, cleo: User, team: Workspace, plan: Document
) -> None:
    create_document(by=ann, parent=plan, title="Below")
    join(team, cleo, Role.READER)
    as_ann = browser(ann)
    assert as_ann("DELETE", f"/documents/{plan.pk}").status_code == 204
    assert titles(as_ann) == []
    assert titles(as_ann, "?trashed=1") == ["Plan"]
    assert titles(browser(cleo), "?trashed=1") == []
    assert as_ann("POST", f"/documents/{plan.pk}/restore").json()["trashed_at"] is None
    assert sorted(titles(as_ann)) == ["Below", "Plan"]
    assert as_ann("DELETE", f"/documents/{plan.pk}?purge=true").status_code == 204
    assert as_ann("GET", f"/documents/{plan.pk}").status_code == 404


def test_a_copy_is_another_document(browser: Callers, ben: User, plan: Document) -> None:
    answer = browser(ben)("POST", f"/documents/{plan.pk}/duplicate")
    assert answer.status_code == 201
    assert answer.json()["id"] != str(plan.pk)
    assert answer.json()["created_by"]["id"] == ben.pk


def test_a_guest_is_not_told_what_a_shared_document_lies_in_or_holds(
    browser: Callers, ann: User, cleo: User, plan: Document
) -> None:
    inside = create_document(by=ann, parent=plan, title="Inside")
    secret = create_document(by=ann, parent=inside, title="Secret")
    set_inherits(by=ann, document=secret, inherits=False)
    share_document(by=ann, document=inside, user_or_email=cleo, role=Role.READER)
    seen = browser(cleo)("GET", f"/documents/{inside.pk}").json()
    assert (seen["parent"], seen["has_children"]) == (None, False)
    assert browser(cleo)("GET", "/documents").json()["items"] == [seen]


def test_a_mark_on_what_one_may_no_longer_see_comes_off(browser: Callers, ann: User, plan: Document) -> None:
    as_ann = browser(ann)
    as_ann("PUT", f"/documents/{plan.pk}/favourite")
    plan.workspace.memberships.all().delete()
    assert as_ann("DELETE", f"/documents/{plan.pk}/favourite").status_code == 204
    assert not ann.favourites.exists()


@pytest.mark.parametrize("query", ["", "?recent=1", "?q=paper"])
def test_pages_follow_each_other_without_gap_or_overlap(
    browser: Callers, ann: User, team: Workspace, query: str
) -> None:
    made = [create_document(by=ann, workspace=team, title=f"Paper {n}") for n in range(7)]
    as_ann = browser(ann)
    for document in made:
        as_ann("POST", f"/documents/{document.pk}/visit")
    whole = titles(as_ann, query)
    paged: list[str] = []
    cursor = None
    while True:
        sign = "&" if query else "?"
        page = as_ann("GET", f"/documents{query}{sign}limit=3" + (f"&cursor={cursor}" if cursor else "")).json()
        paged += [item["title"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert paged == whole
    assert len(whole) == 7


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "WyJub3QiLCAibm90Il0", "💥"])
def test_a_made_up_cursor_is_refused(browser: Callers, ann: User, cursor: str) -> None:
    for query in ("", "&recent=1", "&q=paper"):
        answer = browser(ann)("GET", f"/documents?cursor={cursor}{query}")
        assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {"cursor"})


def test_a_list_takes_as_many_queries_for_many_documents_as_for_few(
    browser: Callers, ann: User, team: Workspace, django_assert_num_queries: NumQueries
) -> None:
    as_ann = browser(ann)
    parent: Document | None = None
    for size in (1, 12):
        for n in range(size):
            parent = create_document(by=ann, workspace=team, title=f"Paper {n}", parent=parent)
            as_ann("PUT", f"/documents/{parent.pk}/favourite")
        # Who asks · the list · roles: three · favourites · authors · whose parents they are
        with django_assert_num_queries(8):
            assert as_ann("GET", f"/documents?workspace={team.pk}").status_code == 200


def test_a_page_is_bounded(browser: Callers, ann: User) -> None:
    assert browser(ann)("GET", f"/documents?limit={listing.PAGE + 1}").status_code == 422


def test_the_trash_is_emptied_up_to_what_one_saw(browser: Callers, ann: User, ben: User, plan: Document) -> None:
    as_ann = browser(ann)
    as_ann("DELETE", f"/documents/{plan.pk}")
    seen = as_ann("GET", "/documents?trashed=1").json()["items"][0]["trashed_at"]
    later = trash_document(by=ann, document=create_document(by=ann, title="Later"))
    assert browser(ben)("POST", "/trash/empty", {"until": seen}).json() == {"purged": 0}
    assert as_ann("POST", "/trash/empty", {}).status_code == 422
    assert as_ann("POST", "/trash/empty", {"until": seen}).json() == {"purged": 1}
    assert list(Document.objects.all()) == [later]


def test_what_was_trashed_cannot_be_renamed(browser: Callers, ann: User, plan: Document) -> None:
    trash_document(by=ann, document=plan)
    answer = browser(ann)("PATCH", f"/documents/{plan.pk}", {"title": "B"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "trashed")
