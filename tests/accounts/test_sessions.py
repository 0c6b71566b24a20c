import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from redis import Redis

from documents.actions.accounts import deactivate_user, end_sessions
from documents.models import User
from documents.signals import sessions_ended
from tests.accounts.conftest import Browser

pytestmark = pytest.mark.django_db(transaction=True)
STORED = "weft:1:django.contrib.sessions.cache"


@pytest.fixture
def ended() -> Iterator[list[tuple[int, list[str] | None]]]:
    """What open sockets are told, in order."""
    heard: list[tuple[int, list[str] | None]] = []

    def hear(user_id: int, session_keys: list[str] | None, **_: Any) -> None:
        heard.append((user_id, session_keys))

    sessions_ended.connect(hear)
    yield heard
    sessions_ended.disconnect(hear)


@pytest.fixture
def elsewhere(ann: User) -> Browser:
    browser = Browser(HTTP_USER_AGENT="Mozilla/5.0 (iPhone) AppleWebKit/605.1 Version/19.0 Mobile Safari/604.1")
    browser.sign_in(ann.email)
    return browser


def test_one_session_is_ended_from_another(
    anns_browser: Browser, elsewhere: Browser, ann: User, redis: Redis, ended: list[Any]
) -> None:
    key = elsewhere.session_key
    page = anns_browser.get("/accounts/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    anns_browser.post(f"/accounts/sessions/{UserSession.objects.get(session_key=key).pk}/end/")
    assert not elsewhere.is_signed_in
    assert anns_browser.is_signed_in
    assert not redis.exists(STORED + key)
    assert ended == [(ann.pk, [key])]


def test_nobody_ends_the_session_of_somebody_else(anns_browser: Browser) -> None:
    ben = User.objects.create_user("ben@example.com", password="a password of ben")
    bens_browser = Browser()
    bens_browser.sign_in(ben.email, "a password of ben")
    session = UserSession.objects.get(user=ben)
    assert anns_browser.post(f"/accounts/sessions/{session.pk}/end/").status_code == 404
    assert bens_browser.is_signed_in


def test_all_other_sessions_end_at_once(anns_browser: Browser, elsewhere: Browser, ann: User, ended: list[Any]) -> None:
    key = elsewhere.session_key
    anns_browser.post("/accounts/sessions/")
    assert not elsewhere.is_signed_in
    assert anns_browser.is_signed_in
    assert ended == [(ann.pk, [key])]


def test_signing_out_ends_the_session_behind_the_cookie(
    anns_browser: Browser, ann: User, redis: Redis, ended: list[Any]
) -> None:
    key = anns_browser.session_key
    anns_browser.post("/accounts/logout/")
    assert ended == [(ann.pk, [key])]
    assert not redis.exists(STORED + key)


def test_signing_out_reaches_sessions_that_allauth_did_not_begin(ann: User, ended: list[Any]) -> None:
    visitor = Browser()
    visitor.force_login(ann)
    key = visitor.session_key
    visitor.post("/accounts/logout/")
    assert ended == [(ann.pk, [key])]


def test_stored_data_is_gone_before_sockets_hear_of_it(anns_browser: Browser, redis: Redis) -> None:
    """A client that reconnects at once must not get in again."""
    left: list[int] = []

    def look(session_keys: list[str], **_: Any) -> None:
        left.extend(redis.exists(STORED + key) for key in session_keys)

    sessions_ended.connect(look)
    try:
        anns_browser.post("/accounts/logout/")
    finally:
        sessions_ended.disconnect(look)
    assert left == [0]


def _by_its_owner(ann: User, visitor: Browser) -> None:
    form = {"oldpassword": "correct horse battery", "password1": "quite another thing"}
    assert visitor.post("/accounts/password/change/", form).status_code == 302
    assert visitor.is_signed_in


def _in_the_shell(ann: User, visitor: Browser) -> None:
    ann.set_password("quite another thing")
    ann.save()
    assert not visitor.is_signed_in


@pytest.mark.parametrize("change", [_by_its_owner, _in_the_shell])
def test_a_new_password_ends_every_other_session_however_it_was_set(
    anns_browser: Browser,
    elsewhere: Browser,
    ann: User,
    redis: Redis,
    ended: list[Any],
    change: Callable[[User, Browser], None],
) -> None:
    key = elsewhere.session_key
    change(ann, anns_browser)
    assert not redis.exists(STORED + key)
    assert (ann.pk, None) in ended
    assert not elsewhere.is_signed_in


def test_saving_anything_else_ends_nothing(anns_browser: Browser, ann: User, ended: list[Any]) -> None:
    ann.name = "Anna"
    ann.save()
    assert anns_browser.is_signed_in
    assert ended == []


def test_deactivating_somebody_ends_their_sessions(
    anns_browser: Browser, ann: User, redis: Redis, ended: list[Any]
) -> None:
    key = anns_browser.session_key
    deactivate_user(by=None, user=ann)
    assert not redis.exists(STORED + key)
    assert (ann.pk, None) in ended
    assert not anns_browser.is_signed_in


def test_an_operator_ends_all_sessions_but_one(anns_browser: Browser, elsewhere: Browser, ann: User) -> None:
    end_sessions(by=ann, user=ann, except_key=anns_browser.session_key)
    assert anns_browser.is_signed_in
    assert not elsewhere.is_signed_in


def test_a_session_is_plain_json_that_other_languages_read(anns_browser: Browser, ann: User, redis: Redis) -> None:
    anns_browser.confirm()
    anns_browser.get("/accounts/2fa/totp/activate/")  # half-way through enrolling
    anns_browser.get("/accounts/2fa/webauthn/add/", headers={"host": "localhost"})  # with a passkey's challenge
    stored = redis.get(STORED + anns_browser.session_key)
    assert isinstance(stored, bytes)
    session = json.loads(stored)
    assert session["_auth_user_id"] == str(ann.pk)
    assert session["mfa.totp.secret"]
    assert session["mfa.webauthn.state"]["challenge"]


def test_a_half_finished_sign_in_is_plain_json_too(visitor: Browser, redis: Redis) -> None:
    visitor.sign_up("ben@example.com", next="/shared")
    stored = redis.get(STORED + visitor.session_key)
    assert isinstance(stored, bytes)
    assert json.loads(stored)["account_login"]


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")
def test_node_reads_who_is_signed_in(anns_browser: Browser, ann: User, redis: Redis) -> None:
    stored = redis.get(STORED + anns_browser.session_key)
    script = "process.stdin.on('data', data => console.log(JSON.parse(data)._auth_user_id))"
    said = subprocess.run(["node", "-e", script], input=stored, capture_output=True, check=True, timeout=30)
    assert said.stdout.decode().strip() == str(ann.pk)


def test_the_list_shows_sessions_that_django_itself_began(ann: User) -> None:
    visitor = Browser()
    visitor.force_login(ann)
    visitor.get("/")
    assert UserSession.objects.get(user=ann).session_key == visitor.session_key
