"""What is remembered of who may join a document: as long as its version of rights stays, and never longer."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collab import rights
from collab.rights import Standing
from documents import actions, log
from documents.models import Document, Membership, Role, User, Workspace

Change = Callable[[Workspace, Document, User], object]


CHANGES: dict[str, Change] = {
    "made a reader": lambda team, plan, ben: actions.change_role(by=None, workspace=team, user=ben, role=Role.READER),
    "removed": lambda team, plan, ben: actions.remove_member(by=None, workspace=team, user=ben),
    "document restricted": lambda team, plan, ben: actions.set_inherits(by=None, document=plan, inherits=False),
    "document trashed": lambda team, plan, ben: actions.trash_document(by=None, document=plan),
    "workspace suspended": lambda team, plan, ben: actions.suspend_workspace(by=None, workspace=team),
    "workspace deleted": lambda team, plan, ben: actions.delete_workspace(by=None, workspace=team),
    "deactivated": lambda team, plan, ben: actions.deactivate_user(by=None, user=ben),
}


@pytest.fixture
def ben(db: None) -> User:
    return User.objects.create_user("ben@example.com", password=None)


@pytest.fixture
def team(ben: User) -> Workspace:
    ann = User.objects.create_user("ann@example.com", password=None)
    team = actions.create_workspace(by=ann, name="Team")
    Membership.objects.create(workspace=team, user=ben, role=Role.EDITOR)
    return team


@pytest.fixture
def plan(team: Workspace) -> Document:
    return actions.create_document(by=None, workspace=team, title="Plan")


def standing_of_joiner(document_id: UUID, user_id: int) -> Standing | None:
    return rights.standing_of_joiner(document_id, user_id, log.heads([document_id]).get(document_id))


def test_who_comes_back_is_let_in_without_asking_the_policy_again(plan: Document, ben: User) -> None:
    first = standing_of_joiner(plan.pk, ben.pk)
    assert first is not None
    assert first.may_edit == {ben.pk: True}
    with CaptureQueriesContext(connection) as queries:
        assert standing_of_joiner(plan.pk, ben.pk) == first
    assert len(queries) == 0  # the one look at the log's row goes by the driver


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_rights_is_seen_by_who_comes_next(
    team: Workspace, plan: Document, ben: User, change: Change
) -> None:
    before = standing_of_joiner(plan.pk, ben.pk)
    change(team, plan, ben)
    after = standing_of_joiner(plan.pk, ben.pk)
    assert after == rights.standing(plan.pk, [ben.pk])
    assert after != before


def test_who_was_turned_away_is_let_in_once_they_may(team: Workspace, plan: Document) -> None:
    cleo = User.objects.create_user("cleo@example.com", password=None)
    assert standing_of_joiner(plan.pk, cleo.pk) == rights.standing(plan.pk, [cleo.pk])
    Membership.objects.create(workspace=team, user=cleo, role=Role.READER)  # and no version raised
    stands = standing_of_joiner(plan.pk, cleo.pk)
    assert stands is not None
    assert stands.may_edit == {cleo.pk: False}


def test_a_document_that_is_gone_lets_nobody_in(plan: Document, ben: User) -> None:
    assert standing_of_joiner(plan.pk, ben.pk) is not None
    actions.trash_document(by=None, document=plan)
    actions.purge_document(by=None, document=Document.objects.get(pk=plan.pk))
    assert standing_of_joiner(plan.pk, ben.pk) is None
