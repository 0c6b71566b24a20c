"""The tree: moving, the trash, other workspaces, and the end of a document."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from documents import policy, tree
from documents.actions import (
    create_document,
    create_workspace,
    empty_trash,
    move_document,
    purge_document,
    restore_document,
    set_inherits,
    share_document,
    transfer_document,
    trash_document,
)
from documents.errors import Conflict, Forbidden, Invalid, NotFound
from documents.models import AuditEntry, Document, DocumentShare, Log, Role, Update, User, Workspace
from documents.policy import Action
from tests.documents.conftest import Listening, join


@pytest.fixture
def chapters(ann: User, plan: Document) -> list[Document]:
    """Plan > One > Two > Three"""
    made = [plan]
    for title in ("One", "Two", "Three"):
        made.append(create_document(by=ann, parent=made[-1], title=title))
    return made


def fresh(document: Document) -> Document:
    return Document.objects.select_related("workspace").get(pk=document.pk)


def in_trash() -> set[str]:
    return set(Document.objects.filter(trashed_at__isnull=False).values_list("title", flat=True))


def versions(*documents: Document) -> list[int]:
    found = dict(Log.objects.values_list("document_id", "access_version"))
    return [found[document.pk] for document in documents]


def test_moving_takes_along_what_is_below(ben: User, team: Workspace, chapters: list[Document]) -> None:
    _, one, two, _ = chapters
    move_document(by=ben, document=two, parent=None)
    assert fresh(two).parent is None
    assert set(tree.subtree(two.pk)) == {two.pk, chapters[3].pk}
    assert one.pk not in tree.subtree(two.pk)


def test_a_document_is_put_before_a_sibling(ann: User, team: Workspace) -> None:
    a, b, c = (create_document(by=ann, workspace=team, title=t) for t in "abc")
    move_document(by=ann, document=c, parent=None, before=b)
    assert "".join(d.title for d in Document.objects.filter(workspace=team).order_by("position")) == "acb"
    move_document(by=ann, document=b, parent=None, before=a)
    assert "".join(d.title for d in Document.objects.filter(workspace=team).order_by("position")) == "bac"
    move_document(by=ann, document=b, parent=None)
    assert "".join(d.title for d in Document.objects.filter(workspace=team).order_by("position")) == "acb"


def test_order_holds_when_there_is_no_number_left_between_two(ann: User, team: Workspace) -> None:
    first, *rest = (create_document(by=ann, workspace=team, title=str(i)) for i in range(4))
    expected = [first, *rest]
    for turn in range(130):  # halving 1.0 ends after 53
        moved = expected[-1 - turn % 2]
        move_document(by=ann, document=moved, parent=None, before=expected[1])
        expected.remove(moved)
        expected.insert(1, moved)
        assert list(Document.objects.filter(workspace=team).order_by("position")) == expected


@pytest.mark.parametrize("into", [0, 1, 3])
def test_a_document_can_not_be_moved_into_itself(ann: User, chapters: list[Document], into: int) -> None:
    with pytest.raises(Conflict):
        move_document(by=ann, document=chapters[0], parent=chapters[into])
    assert fresh(chapters[0]).parent is None


def test_a_move_to_another_workspace_is_a_transfer(ann: User, plan: Document) -> None:
    with pytest.raises(Invalid, match="Transfer"):
        move_document(by=ann, document=plan, parent=create_document(by=ann))


def test_the_tree_stays_within_its_depth(ann: User, team: Workspace, plan: Document) -> None:
    deepest = plan
    for _ in range(tree.MAX_DEPTH - 1):
        deepest = create_document(by=ann, parent=deepest)
    with pytest.raises(Invalid):
        create_document(by=ann, parent=deepest)
    pair = create_document(by=ann, workspace=team)
    create_document(by=ann, parent=pair)
    with pytest.raises(Invalid):
        move_document(by=ann, document=pair, parent=deepest.parent)


def test_moving_tells_sessions_and_lists_but_reordering_only_lists(
    ann: User, chapters: list[Document], listening: Listening
) -> None:
    _, one, two, three = chapters
    before = versions(two, three, one)
    with listening() as heard:
        move_document(by=ann, document=two, parent=None)
    assert [name for name, _ in heard] == ["access", "documents"]
    assert set(heard[0][1]["document_ids"]) == {two.pk, three.pk}
    assert versions(two, three, one) == [before[0] + 1, before[1] + 1, before[2]]
    with listening() as heard:
        move_document(by=ann, document=two, parent=None, before=chapters[0])
    assert [name for name, _ in heard] == ["documents"]


def test_a_guest_can_not_bring_a_document_into_the_workspace(cleo: User, chapters: list[Document]) -> None:
    share_document(by=None, document=chapters[1], user_or_email=cleo, role=Role.ADMIN)
    with pytest.raises(NotFound):
        move_document(by=cleo, document=chapters[2], parent=None)
    with pytest.raises(NotFound):
        move_document(by=cleo, document=chapters[2], parent=chapters[0])


def test_nobody_moves_a_document_under_one_where_they_are_more(ben: User, team: Workspace, plan: Document) -> None:
    other = create_document(by=ben, workspace=team)
    share_document(by=None, document=other, user_or_email=ben, role=Role.ADMIN)
    with pytest.raises(Forbidden, match="raise your own role"):
        move_document(by=ben, document=plan, parent=other)
    assert fresh(plan).parent is None


def test_trash_takes_along_what_is_below_and_restores_it_together(
    ben: User, chapters: list[Document], listening: Listening
) -> None:
    with listening() as heard:
        trash_document(by=ben, document=chapters[1])
    assert in_trash() == {"One", "Two", "Three"}
    ids = {d.pk for d in chapters[1:]}
    assert [(name, set(message["document_ids"])) for name, message in heard] == [("access", ids), ("documents", ids)]
    restore_document(by=ben, document=chapters[1])
    assert in_trash() == set()
    assert fresh(chapters[1]).parent == chapters[0]


def test_what_was_trashed_before_stays_in_the_trash(ben: User, chapters: list[Document]) -> None:
    trash_document(by=ben, document=chapters[2])
    trash_document(by=ben, document=chapters[1])
    restore_document(by=ben, document=chapters[1])
    assert in_trash() == {"Two", "Three"}
    restore_document(by=ben, document=chapters[2])
    assert in_trash() == set()


def test_a_document_restored_without_its_parent_comes_back_at_the_root(ben: User, chapters: list[Document]) -> None:
    trash_document(by=ben, document=chapters[0])
    restore_document(by=ben, document=chapters[2])
    assert in_trash() == {"Plan", "One"}
    assert fresh(chapters[2]).parent is None
    assert fresh(chapters[3]).parent == chapters[2]
    restore_document(by=ben, document=chapters[0])
    assert in_trash() == set()


def test_what_was_hidden_stays_hidden_when_restored_to_the_root(
    ann: User, ben: User, cleo: User, chapters: list[Document]
) -> None:
    plan, one, *_ = chapters
    set_inherits(by=ann, document=plan, inherits=False)
    share_document(by=ann, document=plan, user_or_email=cleo, role=Role.EDITOR)
    trash_document(by=ann, document=plan)
    restore_document(by=cleo, document=one)
    assert fresh(one).parent is None
    assert not policy.may(ben, Action.VIEW, fresh(one))
    assert policy.role_on(cleo, fresh(one)) is Role.EDITOR


def test_a_trashed_document_is_seen_by_those_who_may_restore_it(ben: User, cleo: User, plan: Document) -> None:
    join(plan.workspace, cleo, Role.COMMENTER)
    trash_document(by=ben, document=plan)
    assert fresh(plan) in policy.visible_to(ben)
    assert fresh(plan) not in policy.visible_to(cleo)
    with pytest.raises(NotFound):
        restore_document(by=cleo, document=plan)


def test_a_trashed_document_is_not_moved(ann: User, plan: Document) -> None:
    trash_document(by=ann, document=plan)
    with pytest.raises(Conflict):
        move_document(by=ann, document=plan, parent=None)


def test_purging_leaves_nothing_but_the_audit(ann: User, chapters: list[Document], listening: Listening) -> None:
    with listening() as heard:
        purge_document(by=ann, document=chapters[1])
    assert list(Document.objects.values_list("title", flat=True)) == ["Plan"]
    assert list(Log.objects.values_list("document_id", flat=True)) == [chapters[0].pk]
    assert set(Update.objects.values_list("document_id", flat=True)) == {chapters[0].pk}
    assert {message.get("kind") for _, message in heard} == {None, "purged"}
    entry = AuditEntry.objects.get(action="document.purged")
    assert entry.details["title"] == "One"
    assert entry.details["count"] == 3


def test_a_guest_hears_that_what_was_shared_with_them_is_gone(
    ann: User, cleo: User, plan: Document, listening: Listening
) -> None:
    share_document(by=ann, document=plan, user_or_email=cleo, role=Role.READER)
    trash_document(by=ann, document=plan)
    with listening() as heard:
        purge_document(by=ann, document=plan)
    told = [message["user_ids"] for name, message in heard if name == "access" and message["user_ids"] is not None]
    assert told == [[cleo.pk]]


def test_an_editor_may_trash_but_not_purge(ben: User, plan: Document) -> None:
    with pytest.raises(Forbidden):
        purge_document(by=ben, document=plan)
    trash_document(by=ben, document=plan)
    with pytest.raises(Forbidden):
        purge_document(by=ben, document=plan)


def test_a_guest_can_not_purge_what_is_restricted_to_others_inside(
    ann: User, cleo: User, chapters: list[Document]
) -> None:
    share_document(by=ann, document=chapters[0], user_or_email=cleo, role=Role.ADMIN)
    set_inherits(by=ann, document=chapters[3], inherits=False)
    with pytest.raises(Forbidden, match="restricted to others"):
        purge_document(by=cleo, document=chapters[0])
    set_inherits(by=ann, document=chapters[3], inherits=True)
    purge_document(by=cleo, document=chapters[0])


def test_the_trash_is_emptied_of_what_one_may_purge(ann: User, ben: User, chapters: list[Document]) -> None:
    alone = create_document(by=ann, title="Ann's own")
    bens = create_document(by=ben, title="Ben's own")
    for document in (chapters[3], chapters[1], alone):
        trash_document(by=ann, document=fresh(document))
    trash_document(by=ben, document=bens)
    assert empty_trash(by=ben, until=timezone.now()) == 1
    assert not Document.objects.filter(pk=bens.pk).exists()
    assert empty_trash(by=ann, until=timezone.now()) == 3
    assert list(Document.objects.all()) == [chapters[0]]
    assert AuditEntry.objects.filter(action="document.purged", actor=ann).exists()


def test_what_was_trashed_after_one_looked_stays(ann: User, chapters: list[Document]) -> None:
    trashed_at = trash_document(by=ann, document=chapters[2]).trashed_at
    assert trashed_at is not None
    trash_document(by=ann, document=fresh(chapters[1]))
    restore_document(by=ann, document=fresh(chapters[3]))
    assert empty_trash(by=ann, until=trashed_at) == 1
    assert {document.title for document in Document.objects.all()} == {"Plan", "One", "Three"}


def test_emptying_leaves_what_holds_something_restricted_to_others(
    ann: User, cleo: User, chapters: list[Document]
) -> None:
    share_document(by=ann, document=chapters[1], user_or_email=cleo, role=Role.ADMIN)
    set_inherits(by=ann, document=chapters[3], inherits=False)
    trash_document(by=ann, document=chapters[1])
    assert empty_trash(by=cleo, until=timezone.now()) == 0
    assert Document.objects.count() == 4


def test_a_transfer_takes_a_subtree_with_its_shares_to_another_workspace(
    ann: User, ben: User, cleo: User, chapters: list[Document], listening: Listening
) -> None:
    share_document(by=ann, document=chapters[2], user_or_email=cleo, role=Role.READER)
    other = create_workspace(by=ann, name="Other")
    old = chapters[0].workspace
    with listening() as heard:
        transfer_document(by=ann, document=chapters[1], workspace=other)
    assert {d.title for d in Document.objects.filter(workspace=other)} == {"One", "Two", "Three"}
    assert not policy.may(ben, Action.VIEW, fresh(chapters[2]))
    assert policy.role_on(cleo, fresh(chapters[2])) is Role.READER
    assert {m["workspace_id"] for name, m in heard if name == "documents"} == {old.pk, other.pk}


def test_an_editor_can_not_carry_documents_out_of_a_workspace(ben: User, plan: Document) -> None:
    mine = create_workspace(by=ben, name="Mine")
    with pytest.raises(Forbidden):
        transfer_document(by=ben, document=plan, workspace=mine)
    assert fresh(plan).workspace_id == plan.workspace_id


def test_the_operator_trashes_restores_and_transfers_without_roles(plan: Document, cleo: User) -> None:
    trash_document(by=None, document=plan)
    restore_document(by=None, document=plan)
    transfer_document(by=None, document=plan, workspace=create_workspace(by=cleo, name="Cleo's"))
    assert policy.role_on(cleo, fresh(plan)) is Role.OWNER
    assert not DocumentShare.objects.exists()


def test_trashing_costs_the_same_however_much_is_below(
    ann: User, team: Workspace, plan: Document, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(25):
        create_document(by=ann, parent=plan)
    for action in (trash_document, restore_document, purge_document):
        with django_assert_max_num_queries(35):
            action(by=ann, document=plan)
