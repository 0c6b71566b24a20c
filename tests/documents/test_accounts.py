"""People, their sessions and the tokens of their programs."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from asgiref.sync import sync_to_async
from django.contrib.auth import authenticate
from django.contrib.sessions.backends.cache import SessionStore
from django.core.management import call_command
from django.db import IntegrityError, connections
from django.utils import timezone

from documents import policy
from documents.actions import (
    change_profile,
    create_token,
    deactivate_user,
    end_sessions,
    reactivate_user,
    revoke_token,
)
from documents.errors import Conflict, Forbidden, Invalid
from documents.models import AccessToken, Document, Log, Role, User
from documents.policy import Action
from tests.documents.conftest import Listening


def session_of(user: User) -> str:
    store = SessionStore()
    store["who"] = user.pk
    store.create()
    assert store.session_key is not None
    UserSession.objects.create(user=user, ip="127.0.0.1", session_key=store.session_key, user_agent="test")
    return store.session_key


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("positional", "named"),
    [
        (("dan", "Dan@Example.com", "pw"), {}),
        (("dan@example.com",), {"password": "pw"}),
        ((), {"email": "dan@example.com", "password": "pw"}),
    ],
)
def test_an_account_is_made_djangos_way_or_e_mail_first(positional: tuple[str, ...], named: dict[str, str]) -> None:
    dan = User.objects.create_user(*positional, **named)
    assert (dan.email, dan.name, dan.username) == ("dan@example.com", "dan", "dan")
    assert len(dan.color) == 7
    assert EmailAddress.objects.filter(user=dan, email="dan@example.com", verified=True, primary=True).exists()
    assert authenticate(username="DAN@example.com", password="pw") == dan


@pytest.mark.django_db
def test_an_account_needs_an_address() -> None:
    with pytest.raises(ValueError, match="e-mail"):
        User.objects.create_user("dan", password="pw")


def test_an_address_has_one_account_whatever_its_case(ann: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.create_user("ANN@example.com")


def test_two_people_with_the_same_local_part_can_both_sign_up(ann: User) -> None:
    other = User.objects.create_user("ann@elsewhere.example")
    assert other.username != ann.username
    assert other.name == "ann"


@pytest.mark.django_db
def test_the_stock_command_makes_an_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "root@example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "pw")
    call_command("createsuperuser", interactive=False, verbosity=0)
    assert User.objects.get(email="root@example.com").is_superuser


@pytest.mark.django_db(transaction=True)
async def test_an_account_is_made_from_async_code() -> None:
    dan = await User.objects.acreate_user("dan@example.com", password="pw")
    assert await EmailAddress.objects.filter(user=dan).aexists()
    await sync_to_async(connections.close_all)()  # that thread's own; PostgreSQL drops no database in use


def test_a_name_and_a_colour_are_ones_own_to_change(ann: User, ben: User) -> None:
    change_profile(by=ann, user=ann, name="  Ann   Example ", color="#123abc")
    ann.refresh_from_db()
    assert (ann.name, ann.color) == ("Ann Example", "#123abc")
    with pytest.raises(Invalid) as refusal:
        change_profile(by=ann, user=ann, name="", color="red; background: url(x)")
    assert set(refusal.value.fields) == {"name", "color"}
    with pytest.raises(Forbidden):
        change_profile(by=ben, user=ann, name="Somebody else")


def test_deactivating_ends_everything_at_once(ben: User, plan: Document, listening: Listening) -> None:
    key = session_of(ben)
    with listening() as heard:
        deactivate_user(by=None, user=ben)
    assert not policy.may(User.objects.get(pk=ben.pk), Action.VIEW, plan)
    assert Log.objects.get(document=plan).access_version == 2
    assert not SessionStore().exists(key)
    assert ("access", {"document_ids": None, "user_ids": [ben.pk]}) in heard
    assert ("sessions", {"user_id": ben.pk, "session_keys": None}) in heard


def test_a_reactivated_person_has_their_roles_back(ben: User, plan: Document) -> None:
    deactivate_user(by=None, user=ben)
    reactivate_user(by=None, user=ben)
    assert policy.role_on(User.objects.get(pk=ben.pk), plan) is Role.EDITOR


def test_only_operators_deactivate_and_not_themselves(ann: User, ben: User) -> None:
    with pytest.raises(Forbidden):
        deactivate_user(by=ann, user=ben)
    root = User.objects.create_superuser(email="root@example.com")
    with pytest.raises(Conflict):
        deactivate_user(by=root, user=root)
    deactivate_user(by=root, user=ben)
    with pytest.raises(Forbidden):
        reactivate_user(by=ann, user=ben)


def test_other_sessions_end_and_this_one_goes_on(ann: User, ben: User, listening: Listening) -> None:
    here, elsewhere, bens = session_of(ann), session_of(ann), session_of(ben)
    with listening() as heard:
        end_sessions(by=ann, user=ann, except_key=here)
    assert [SessionStore().exists(key) for key in (here, elsewhere, bens)] == [True, False, True]
    assert ("sessions", {"user_id": ann.pk, "session_keys": [elsewhere]}) in heard
    assert all(message["session_keys"] == [elsewhere] for _, message in heard)


def test_nobody_ends_anothers_sessions(ann: User, ben: User) -> None:
    with pytest.raises(Forbidden):
        end_sessions(by=ben, user=ann)


def test_a_token_is_stored_as_its_digest_only(ann: User) -> None:
    token, secret = create_token(by=ann, user=ann, name="Backup", scope=AccessToken.Scope.WRITE)
    assert secret.startswith("weft_")
    assert token.is_valid()
    assert AccessToken.objects.get(digest=AccessToken.digest_of(secret)) == token
    assert secret not in str(AccessToken.objects.filter(pk=token.pk).values())


def test_a_revoked_or_expired_token_is_not_valid(ann: User, listening: Listening) -> None:
    token, _ = create_token(by=None, user=ann, name="Backup", expires_at=timezone.now() + timedelta(hours=1))
    assert token.is_valid()
    assert not token.is_valid(timezone.now() + timedelta(hours=2))
    with listening() as heard:
        revoke_token(by=ann, token=token)
    token.refresh_from_db()
    assert not token.is_valid()
    assert heard == [("sessions", {"user_id": ann.pk, "session_keys": [f"token:{token.pk}"]})]


def test_nobody_makes_or_revokes_anothers_token(ann: User, ben: User) -> None:
    with pytest.raises(Forbidden):
        create_token(by=ben, user=ann, name="Mine now")
    token, _ = create_token(by=ann, user=ann, name="Backup")
    with pytest.raises(Forbidden):
        revoke_token(by=ben, token=token)


def test_a_token_that_could_never_work_is_not_made(ann: User) -> None:
    with pytest.raises(Invalid):
        create_token(by=ann, user=ann, name=" ")
    with pytest.raises(Invalid):
        create_token(by=ann, user=ann, name="Late", expires_at=timezone.now() - timedelta(seconds=1))
    ann.is_active = False
    with pytest.raises(Conflict):
        create_token(by=None, user=ann, name="Backup")
