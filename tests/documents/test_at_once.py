"""Two people act in the same moment, each in a thread with a connection of its own."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from documents import log, tree
from documents.actions import (
    append_update,
    change_role,
    create_document,
    delete_workspace,
    ensure_personal_workspace,
    leave_workspace,
    move_document,
    rename_document,
    replace_content,
    set_inherits,
    trash_document,
)
from documents.content.writer import retitle
from documents.errors import WeftError
from documents.merging import EMPTY_UPDATE
from documents.models import Document, Log, Membership, Role, Update, User, Workspace
from tests.documents.conftest import join

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[WeftError | None]:
    """Start all together; what each was refused with. Anything else that is raised (a deadlock, say) fails the test."""
    start = threading.Barrier(len(calls))
    outcomes: list[WeftError | None] = [None] * len(calls)
    faults: list[Exception] = []

    def run(index: int) -> None:
        try:
            start.wait(timeout=30)
            calls[index]()
        except WeftError as refusal:
            outcomes[index] = refusal
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not faults
    return outcomes


@pytest.mark.parametrize("turn", range(5))
def test_two_moves_can_not_make_a_cycle(ann: User, ben: User, team: Workspace, turn: int) -> None:
    a, b = (create_document(by=ann, workspace=team, title=title) for title in "ab")
    refusals = at_once(
        lambda: move_document(by=ann, document=a, parent=b),
        lambda: move_document(by=ben, document=b, parent=a),
    )
    assert sum(refusal is not None for refusal in refusals) == 1
    assert Document.objects.filter(workspace=team, parent=None).count() == 1
    assert len(tree.path_up(a.pk)) + len(tree.path_up(b.pk)) == 3


@pytest.mark.parametrize("turn", range(5))
def test_nothing_alive_is_left_below_a_trashed_document(ann: User, ben: User, plan: Document, turn: int) -> None:
    at_once(
        lambda: trash_document(by=ann, document=plan),
        lambda: create_document(by=ben, parent=plan, title="Too late?"),
    )
    assert not Document.objects.filter(parent=plan, trashed_at=None).exists()


@pytest.mark.parametrize("turn", range(5))
def test_the_last_two_owners_can_not_both_leave(ann: User, ben: User, team: Workspace, turn: int) -> None:
    join(team, ben, Role.OWNER)
    refusals = at_once(
        lambda: leave_workspace(by=ann, workspace=team),
        lambda: change_role(by=ben, workspace=team, user=ben, role=Role.EDITOR),
    )
    assert sum(refusal is not None for refusal in refusals) == 1
    assert Membership.objects.filter(workspace=team, role=Role.OWNER).count() == 1


@pytest.mark.parametrize("turn", range(5))
def test_a_workspace_goes_whole_whatever_is_written_in_it_meanwhile(
    ann: User, ben: User, plan: Document, turn: int
) -> None:
    others = [create_document(by=ann, parent=plan) for _ in range(3)]

    def write() -> None:
        for _ in range(10):
            for document in (plan, *others):
                replace_content(by=ben, document=document, markdown="Too late?")

    refusals = at_once(
        write,
        lambda: delete_workspace(by=ann, workspace=plan.workspace),
        lambda: [create_document(by=ben, parent=plan) for _ in range(10)],
        lambda: rename_document(by=ben, document=plan, title="Too late?"),
    )
    assert refusals[1] is None
    assert not Document.objects.exists()
    assert not Log.objects.exists()


def test_one_personal_workspace_comes_of_many_first_requests(cleo: User) -> None:
    assert at_once(*[lambda: ensure_personal_workspace(cleo)] * 4) == [None] * 4
    assert Workspace.objects.get(personal_owner=cleo).memberships.count() == 1


def test_edits_get_numbers_without_gaps_while_rights_change(ann: User, ben: User, plan: Document) -> None:
    others = [create_document(by=ann, parent=plan) for _ in range(3)]

    def edit(user: User) -> None:
        for i in range(10):
            for document in (plan, *others):
                append_update(by=user, document=document, update=retitle(EMPTY_UPDATE, f"{user.name} {i}"))

    def change_rights() -> None:
        for i in range(10):
            set_inherits(by=ann, document=plan, inherits=bool(i % 2))

    assert at_once(lambda: edit(ann), lambda: edit(ben), change_rights)[2] is None
    for document in (plan, *others):
        seqs = list(Update.objects.filter(document=document).order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, Log.objects.get(document=document).head + 1))


def test_two_renames_leave_one_title(ann: User, ben: User, plan: Document) -> None:
    assert at_once(
        lambda: rename_document(by=ann, document=plan, title="Left"),
        lambda: rename_document(by=ben, document=plan, title="Right"),
    ) == [None, None]
    plan.refresh_from_db()
    assert plan.title in ("Left", "Right")
    assert retitle(log.state(plan.pk), plan.title) == EMPTY_UPDATE
