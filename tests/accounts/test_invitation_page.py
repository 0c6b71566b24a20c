from collections.abc import Callable

import pytest

from documents.actions.invitations import invite_member, revoke_invitation
from documents.actions.workspaces import create_workspace
from documents.models import Invitation, Membership, Role, User, Workspace
from tests.accounts.conftest import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(ann: User) -> Workspace:
    return create_workspace(by=ann, name="The Team")


@pytest.fixture
def invitation(ann: User, team: Workspace) -> Invitation:
    return invite_member(by=ann, workspace=team, email="ben@example.com", role=Role.EDITOR)


def test_it_says_who_invites_to_what(visitor: Browser, invitation: Invitation) -> None:
    page = visitor.get(f"/invitations/{invitation.token}/").content.decode()
    assert "Ann invites you" in page
    assert "The Team" in page
    assert "email=ben%40example.com" in page


def test_signing_up_from_it_leads_into_the_workspace(
    visitor: Browser, invitation: Invitation, team: Workspace, link_in_mail: Callable[[str], str]
) -> None:
    link = f"/invitations/{invitation.token}/"
    assert (
        'value="ben@example.com"'
        in visitor.get(f"/accounts/signup/?next={link}&email=ben@example.com").content.decode()
    )
    visitor.sign_up("ben@example.com", name="Ben", next=link)
    response = visitor.post(link_in_mail("ben@example.com"), follow=True)
    assert response.redirect_chain[-1][0] == f"/w/{team.pk}"
    assert Membership.objects.get(workspace=team, user__email="ben@example.com").role == Role.EDITOR


def test_whoever_has_the_address_is_in_after_signing_in(
    visitor: Browser, invitation: Invitation, team: Workspace
) -> None:
    User.objects.create_user("ben@example.com", password="a password of ben")
    link = f"/invitations/{invitation.token}/"
    page = visitor.get(f"/accounts/login/?next={link}&email=ben@example.com").content.decode()
    assert 'value="ben@example.com"' in page
    visitor.sign_in("ben@example.com", "a password of ben", next=link)
    assert visitor.get(link)["Location"] == f"/w/{team.pk}"


def test_one_that_arrives_while_signed_in_is_accepted_by_a_button(ann: User, team: Workspace) -> None:
    ben = User.objects.create_user("ben@example.com", password="a password of ben")
    visitor = Browser()
    visitor.sign_in(ben.email, "a password of ben")
    link = f"/invitations/{invite_member(by=ann, workspace=team, email=ben.email, role=Role.READER).token}/"
    assert "Accept" in visitor.get(link).content.decode()
    assert not Membership.objects.filter(workspace=team, user=ben).exists()
    assert visitor.post(link)["Location"] == f"/w/{team.pk}"
    assert Membership.objects.filter(workspace=team, user=ben).exists()


def test_holding_the_link_is_not_enough(invitation: Invitation, team: Workspace) -> None:
    eve = User.objects.create_user("eve@example.com", password="a password of eve")
    visitor = Browser()
    visitor.sign_in(eve.email, "a password of eve")
    link = f"/invitations/{invitation.token}/"
    assert "signed in as eve@example.com" in visitor.get(link).content.decode()
    visitor.post(link)
    assert not Membership.objects.filter(workspace=team, user=eve).exists()


def test_a_withdrawn_one_is_as_good_as_none(visitor: Browser, ann: User, invitation: Invitation) -> None:
    revoke_invitation(by=ann, invitation=invitation)
    assert visitor.get(f"/invitations/{invitation.token}/").status_code == 404
    assert visitor.get("/invitations/nonsense/").status_code == 404
