"""The rules as a matrix, and the two ways of asking them held together over generated worlds."""

import random
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from documents import policy
from documents.errors import Forbidden, NotFound
from documents.models import Document, DocumentShare, Membership, Role, User, Workspace
from documents.policy import Action, Grant, Source, Step, effective_grant, permits

READER, COMMENTER, EDITOR, ADMIN, OWNER = Role.READER, Role.COMMENTER, Role.EDITOR, Role.ADMIN, Role.OWNER
EVERYBODY = {READER, COMMENTER, EDITOR, ADMIN, OWNER}
EDITORS = {EDITOR, ADMIN, OWNER}
ADMINS = {ADMIN, OWNER}

MATRIX = {
    # action: (as it is, in the trash, in a suspended workspace)
    Action.VIEW: (EVERYBODY, EDITORS, EVERYBODY),
    Action.COMMENT: (EVERYBODY - {READER}, set(), set()),
    Action.EDIT: (EDITORS, set(), set()),
    Action.SHARE: (EDITORS, set(), set()),
    Action.MANAGE: (EDITORS, EDITORS, set()),
    Action.PURGE: (ADMINS, ADMINS, set()),
    Action.SEE: (EVERYBODY, set(), EVERYBODY),
    Action.CREATE: (EDITORS, set(), set()),
    Action.INVITE: (ADMINS, set(), set()),
    Action.ADMINISTER: (ADMINS, set(), set()),
    Action.DELETE: ({OWNER}, set(), set()),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_a_role_permits_exactly_what_the_matrix_says(action: Action, role: Role) -> None:
    normal, trashed, suspended = MATRIX[action]
    assert permits(role, action) == (role in normal)
    assert permits(role, action, trashed=True) == (role in trashed)
    assert permits(role, action, suspended=True) == (role in suspended)
    assert permits(role, action, trashed=True, suspended=True) == (role in trashed & suspended)


@pytest.mark.parametrize("action", Action)
def test_no_role_permits_nothing(action: Action) -> None:
    assert not permits(None, action)


def test_a_share_raises_a_members_role_and_never_lowers_it() -> None:
    assert effective_grant(READER, [Step(True, EDITOR)]) == Grant(EDITOR, Source.SHARE)
    assert effective_grant(EDITOR, [Step(True, READER)]) == Grant(EDITOR, Source.WORKSPACE)


def test_a_share_above_reaches_down() -> None:
    assert effective_grant(None, [Step(True), Step(True), Step(True, COMMENTER)]) == Grant(COMMENTER, Source.ANCESTOR)


def test_a_restricted_document_stops_memberships_and_shares_from_above() -> None:
    below_a_restricted_one = [Step(True), Step(False), Step(True, EDITOR)]
    assert effective_grant(EDITOR, below_a_restricted_one) is None
    assert effective_grant(None, below_a_restricted_one) is None


def test_a_share_of_the_restricted_document_itself_reaches_below_it() -> None:
    assert effective_grant(READER, [Step(True), Step(False, EDITOR)]) == Grant(EDITOR, Source.ANCESTOR)


def test_owners_and_admins_keep_their_rights_on_restricted_documents() -> None:
    assert effective_grant(OWNER, [Step(False)]) == Grant(OWNER, Source.OWNER)
    assert effective_grant(ADMIN, [Step(True), Step(False)]) == Grant(ADMIN, Source.WORKSPACE)


def test_another_workspaces_document_answers_as_if_it_did_not_exist(cleo: User, plan: Document) -> None:
    with pytest.raises(NotFound) as hidden:
        policy.access_document(cleo, plan.pk, Action.VIEW)
    with pytest.raises(NotFound) as absent:
        policy.access_document(cleo, uuid4(), Action.VIEW)
    assert (hidden.value.message, hidden.value.code) == (absent.value.message, absent.value.code)


def test_who_may_see_but_not_edit_is_told_what_it_takes(cleo: User, plan: Document) -> None:
    DocumentShare.objects.create(document=plan, user=cleo, role=READER)
    with pytest.raises(Forbidden, match="an editor"):
        policy.access_document(cleo, plan.pk, Action.EDIT)


def test_a_deactivated_person_and_a_stranger_may_nothing(ann: User, plan: Document) -> None:
    User.objects.filter(pk=ann.pk).update(is_active=False)
    for nobody in (User.objects.get(pk=ann.pk), AnonymousUser()):
        assert not policy.may(nobody, Action.VIEW, plan)
        assert not policy.visible_to(nobody).exists()
        assert not policy.workspaces_of(nobody).exists()
        assert policy.roles_on(nobody, [plan]) == {}
    assert policy.permitted([Action.VIEW], plan, [ann.pk]) == {}


def test_a_superuser_has_no_rights_to_content(plan: Document) -> None:
    operator = User.objects.create_superuser(email="root@example.com", password="x")
    assert not policy.may(operator, Action.VIEW, plan)
    assert not policy.visible_to(operator).exists()


def test_a_guest_of_one_document_sees_no_workspace(cleo: User, plan: Document) -> None:
    DocumentShare.objects.create(document=plan, user=cleo, role=ADMIN)
    assert not policy.workspaces_of(cleo).exists()
    with pytest.raises(NotFound):
        policy.access_workspace(cleo, plan.workspace_id, Action.SEE)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12))
def test_lists_show_exactly_what_may_be_opened(seed: int) -> None:
    users, documents = generated_world(random.Random(seed))
    for user in users:
        visible = list(policy.visible_to(user))
        assert len(visible) == len(set(visible)), "a row came twice"
        assert set(visible) == {d for d in documents if policy.may(user, Action.VIEW, d)}
        roles = policy.roles_on(user, documents)
        assert roles == {d.pk: role for d in documents if (role := policy.role_on(user, d))}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12))
def test_asking_for_many_people_at_once_answers_as_asking_for_each(seed: int) -> None:
    users, documents = generated_world(random.Random(seed))
    for document in documents:
        people = policy.people_on(document)
        assert people.keys() == {user for user in users if policy.role_on(user, document)}
        assert all(grant.role == policy.role_on(user, document) for user, grant in people.items())
        for action in (Action.VIEW, Action.EDIT, Action.PURGE):
            allowed = {user.pk for user in users if policy.may(user, action, document)}
            assert set(policy.permitted([action], document, [user.pk for user in users])) == allowed


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_world(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    users, documents = generated_world(random.Random(1), size=120)
    user, document = users[0], Document.objects.select_related("workspace").get(pk=documents[-1].pk)
    with django_assert_num_queries(3):
        policy.role_on(user, document)
    with django_assert_num_queries(1):
        list(policy.visible_to(user))
    with django_assert_num_queries(3):
        policy.roles_on(user, documents)
    with django_assert_num_queries(3):
        policy.permitted([Action.VIEW, Action.EDIT], document, [user.pk for user in users])
    with django_assert_num_queries(4):
        policy.people_on(document)


def generated_world(chance: random.Random, size: int = 30) -> tuple[list[User], list[Document]]:
    """Workspaces, trees, shares, cuts, trash, suspension and deactivation, thrown together."""
    users = [User.objects.create_user(f"{i}@example.com", is_active=chance.random() > 0.15 or i == 0) for i in range(6)]
    workspaces = [
        Workspace.objects.create(name=name, suspended_at=timezone.now() if name == "Suspended" else None)
        for name in ("One", "Two", "Suspended")
    ]
    for workspace in workspaces:
        for user in users:
            if chance.random() < 0.5:
                Membership.objects.create(workspace=workspace, user=user, role=chance.choice(list(Role)))
    documents: list[Document] = []
    for _ in range(size):
        workspace = chance.choice(workspaces)
        above = [d for d in documents if d.workspace == workspace]
        document = Document.objects.create(
            workspace=workspace,
            parent=chance.choice(above) if above and chance.random() < 0.8 else None,
            inherits=chance.random() > 0.2,
            trashed_at=timezone.now() if chance.random() < 0.2 else None,
        )
        documents.append(document)
        for user in users:
            if chance.random() < 0.1:
                role = chance.choice([r for r in Role if r is not OWNER])
                DocumentShare.objects.create(document=document, user=user, role=role)
    return users, documents
