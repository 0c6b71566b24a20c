"""Members, roles, last owners, suspension."""

import pytest

from documents import policy
from documents.actions import (
    change_role,
    create_document,
    create_workspace,
    delete_workspace,
    ensure_personal_workspace,
    favourite,
    invite_member,
    leave_workspace,
    operated_by,
    record_visit,
    remove_member,
    rename_document,
    rename_workspace,
    share_document,
    suspend_workspace,
    unsuspend_workspace,
)
from documents.errors import Conflict, Forbidden, Invalid, NotFound
from documents.models import (
    AuditEntry,
    Document,
    DocumentShare,
    Favourite,
    Invitation,
    Log,
    Membership,
    Notification,
    Role,
    Update,
    User,
    Visit,
    Workspace,
)
from documents.policy import Action
from tests.documents.conftest import Listening, join


def role_of(user: User, workspace: Workspace) -> Role | None:
    return policy.role_in(user, workspace)


def test_there_is_one_personal_workspace_however_often_it_is_asked_for(cleo: User) -> None:
    assert ensure_personal_workspace(cleo) == ensure_personal_workspace(cleo)
    assert role_of(cleo, ensure_personal_workspace(cleo)) is Role.OWNER
    assert Membership.objects.filter(user=cleo).count() == 1


def test_who_makes_a_workspace_owns_it(cleo: User, listening: Listening) -> None:
    with listening() as heard:
        workspace = create_workspace(by=cleo, name="  My   team ")
    assert (workspace.name, role_of(cleo, workspace)) == ("My team", Role.OWNER)
    assert heard == [("memberships", {"workspace_id": workspace.pk, "user_ids": [cleo.pk]})]


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_workspace_needs_a_name_that_fits(ann: User, team: Workspace, name: str) -> None:
    with pytest.raises(Invalid):
        create_workspace(by=ann, name=name)
    with pytest.raises(Invalid):
        rename_workspace(by=ann, workspace=team, name=name)


def test_only_admins_rename_a_workspace(ben: User, cleo: User, team: Workspace) -> None:
    with pytest.raises(Forbidden):
        rename_workspace(by=ben, workspace=team, name="Bens")
    with pytest.raises(NotFound):
        rename_workspace(by=cleo, workspace=team, name="Cleos")
    join(team, ben, Role.ADMIN)
    assert rename_workspace(by=ben, workspace=team, name="Bens").name == "Bens"


def test_a_changed_role_counts_at_once_and_everywhere(
    ann: User, ben: User, plan: Document, listening: Listening
) -> None:
    with listening() as heard:
        change_role(by=ann, workspace=plan.workspace, user=ben, role=Role.READER)
    assert not policy.may(ben, Action.EDIT, plan)
    assert Log.objects.get(document=plan).access_version == 2
    assert heard == [
        ("access", {"document_ids": None, "user_ids": [ben.pk]}),
        ("memberships", {"workspace_id": plan.workspace_id, "user_ids": [ben.pk]}),
    ]


def test_a_removed_member_loses_all_at_once(ann: User, ben: User, plan: Document, listening: Listening) -> None:
    share_document(by=ann, document=plan, user_or_email=ben, role=Role.READER)
    with listening() as heard:
        remove_member(by=ann, workspace=plan.workspace, user=ben)
    assert not policy.visible_to(ben).exists()
    assert not DocumentShare.objects.exists()
    assert Log.objects.get(document=plan).access_version == 3
    assert heard[0] == ("access", {"document_ids": None, "user_ids": [ben.pk]})


def test_a_member_may_leave(ben: User, team: Workspace) -> None:
    leave_workspace(by=ben, workspace=team)
    assert role_of(ben, team) is None
    with pytest.raises(Conflict):
        leave_workspace(by=ben, workspace=team)


def test_the_last_owner_can_not_leave_be_removed_or_be_demoted(ann: User, ben: User, team: Workspace) -> None:
    for by in (ann, None):
        with pytest.raises(Conflict, match="Make somebody else an owner"):
            remove_member(by=by, workspace=team, user=ann)
        with pytest.raises(Conflict, match="Make somebody else an owner"):
            change_role(by=by, workspace=team, user=ann, role=Role.ADMIN)
    with pytest.raises(Conflict):
        leave_workspace(by=ann, workspace=team)
    change_role(by=ann, workspace=team, user=ben, role=Role.OWNER)
    leave_workspace(by=ann, workspace=team)
    assert role_of(ben, team) is Role.OWNER


def test_a_deactivated_owner_is_no_owner_to_leave_behind(ann: User, ben: User, team: Workspace) -> None:
    join(team, ben, Role.OWNER)
    User.objects.filter(pk=ben.pk).update(is_active=False)
    with pytest.raises(Conflict):
        leave_workspace(by=ann, workspace=team)


def test_a_personal_workspace_is_neither_left_nor_given_away(ann: User, ben: User) -> None:
    personal = ensure_personal_workspace(ann)
    join(personal, ben, Role.ADMIN)
    with pytest.raises(Conflict):
        leave_workspace(by=ann, workspace=personal)
    with pytest.raises(Conflict):
        change_role(by=ann, workspace=personal, user=ben, role=Role.OWNER)
    with pytest.raises(Conflict):
        change_role(by=None, workspace=personal, user=ann, role=Role.ADMIN)
    with pytest.raises(Conflict):
        invite_member(by=ann, workspace=personal, email="dan@example.com", role=Role.OWNER)
    assert role_of(ann, personal) is Role.OWNER


@pytest.mark.parametrize("role", [Role.READER, Role.COMMENTER, Role.EDITOR])
def test_only_admins_touch_roles(ben: User, cleo: User, team: Workspace, role: Role) -> None:
    join(team, ben, role)
    join(team, cleo, Role.READER)
    with pytest.raises(Forbidden):
        change_role(by=ben, workspace=team, user=cleo, role=Role.READER)
    with pytest.raises(Forbidden):
        change_role(by=ben, workspace=team, user=ben, role=Role.ADMIN)
    with pytest.raises(Forbidden):
        remove_member(by=ben, workspace=team, user=cleo)


def test_an_admin_makes_admins_but_no_owners_and_touches_none(
    ann: User, ben: User, cleo: User, team: Workspace
) -> None:
    join(team, ben, Role.ADMIN)
    join(team, cleo, Role.READER)
    change_role(by=ben, workspace=team, user=cleo, role=Role.ADMIN)
    for victim, role in ((cleo, Role.OWNER), (ben, Role.OWNER), (ann, Role.READER)):
        with pytest.raises(Forbidden):
            change_role(by=ben, workspace=team, user=victim, role=role)
    with pytest.raises(Forbidden):
        remove_member(by=ben, workspace=team, user=ann)
    with pytest.raises(Forbidden):
        invite_member(by=ben, workspace=team, email="dan@example.com", role=Role.OWNER)


def test_invitations_go_with_the_rights_of_who_sent_them(ann: User, ben: User, team: Workspace) -> None:
    join(team, ben, Role.ADMIN)
    invite_member(by=ben, workspace=team, email="bens.other@example.com", role=Role.ADMIN)
    change_role(by=ann, workspace=team, user=ben, role=Role.EDITOR)
    assert Invitation.objects.get().revoked_at is not None


def test_a_suspended_workspace_is_read_only_until_the_operator_lifts_it(
    ann: User, plan: Document, listening: Listening
) -> None:
    with listening() as heard:
        suspend_workspace(by=None, workspace=plan.workspace)
    plan = Document.objects.get(pk=plan.pk)
    assert policy.may(ann, Action.VIEW, plan)
    with pytest.raises(Forbidden, match="suspended"):
        rename_document(by=ann, document=plan, title="New")
    with pytest.raises(Forbidden, match="suspended"):
        create_document(by=ann, workspace=plan.workspace)
    assert heard[0] == ("access", {"document_ids": [plan.pk], "user_ids": None})
    unsuspend_workspace(by=None, workspace=plan.workspace)
    rename_document(by=ann, document=plan, title="New")
    assert Log.objects.get(document=plan).access_version == 3


def test_an_owner_can_not_lift_a_suspension(ann: User, team: Workspace) -> None:
    suspend_workspace(by=None, workspace=team)
    with pytest.raises(Forbidden):
        unsuspend_workspace(by=ann, workspace=team)


def test_a_deleted_workspace_takes_everything_in_it_along_and_nothing_else(
    ann: User, ben: User, cleo: User, plan: Document, listening: Listening
) -> None:
    team = plan.workspace
    below = create_document(by=ann, parent=plan, title="Below")
    elsewhere = create_document(by=ann, title="Elsewhere")
    share_document(by=ann, document=plan, user_or_email=cleo, role=Role.READER)
    share_document(by=ann, document=plan, user_or_email="dan@example.com", role=Role.READER)
    invite_member(by=ann, workspace=team, email="eve@example.com", role=Role.READER)
    favourite(by=ben, document=plan)
    record_visit(by=ben, document=below)
    with listening() as heard:
        delete_workspace(by=ann, workspace=team)
    assert list(Document.objects.all()) == [elsewhere]
    assert {log.pk for log in Log.objects.all()} == {elsewhere.pk}
    assert not Update.objects.exclude(document=elsewhere).exists()
    for model in (DocumentShare, Invitation, Favourite, Visit):
        assert not model._default_manager.exists(), model
    assert {member.workspace for member in Membership.objects.all()} == {ensure_personal_workspace(ann)}
    access, memberships = heard[0][1], heard[1][1]
    assert (set(access["document_ids"]), access["user_ids"]) == ({plan.pk, below.pk}, None)
    assert (memberships["workspace_id"], set(memberships["user_ids"])) == (team.pk, {ann.pk, ben.pk, cleo.pk})


def test_of_a_deleted_workspace_remains_who_deleted_it(ann: User, plan: Document) -> None:
    key = str(plan.workspace_id)
    delete_workspace(by=ann, workspace=plan.workspace)
    entry = AuditEntry.objects.get(action="workspace.deleted")
    assert (entry.actor, entry.workspace) == (ann, None)
    assert entry.details == {"workspace_id": key, "name": "Team", "documents": 1, "members": 2}
    assert AuditEntry.objects.filter(action="document.created", details__title="Plan").exists()


def test_the_other_members_of_a_deleted_workspace_are_told(ann: User, ben: User, team: Workspace) -> None:
    delete_workspace(by=ann, workspace=team)
    told = Notification.objects.get()
    assert (told.user, told.actor, told.title) == (ben, ann, "ann deleted the workspace Team")


def test_only_owners_and_the_operator_delete_a_workspace(
    ann: User, ben: User, cleo: User, plan: Document, team: Workspace
) -> None:
    join(team, ben, Role.ADMIN)
    with pytest.raises(Forbidden, match="an owner"):
        delete_workspace(by=ben, workspace=team)
    with pytest.raises(NotFound):
        delete_workspace(by=cleo, workspace=team)
    suspend_workspace(by=None, workspace=team)
    with pytest.raises(Forbidden, match="suspended"):
        delete_workspace(by=ann, workspace=team)
    assert Document.objects.filter(pk=plan.pk).exists()
    delete_workspace(by=None, workspace=team)
    assert not Workspace.objects.filter(pk=team.pk).exists()
    with pytest.raises(NotFound):
        delete_workspace(by=None, workspace=team)


def test_a_personal_workspace_is_not_deleted_by_itself(ann: User) -> None:
    personal = ensure_personal_workspace(ann)
    for by in (ann, None):
        with pytest.raises(Conflict, match="goes with its account"):
            delete_workspace(by=by, workspace=personal)
    assert Workspace.objects.filter(pk=personal.pk).exists()


def test_what_an_operator_does_bears_their_name_but_asks_for_no_role(plan: Document) -> None:
    root = User.objects.create_superuser(email="root@example.com", password="x")
    with pytest.raises(NotFound):
        rename_document(by=root, document=plan, title="Nope")
    with operated_by(root):
        rename_document(by=None, document=plan, title="Operated")
    assert AuditEntry.objects.get(action="document.renamed").actor == root
