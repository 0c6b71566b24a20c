"""Who opens a socket: by session cookie or by access token. The same answer Django's middleware would give, in one
thread hop.

A cookie is sent by the browser whatever page asks, so it counts only with an `Origin` of our own; a token is proof by
itself.
"""

from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase
from django.http.request import split_domain_port, validate_host

from collab.session import Identity
from documents.models import AccessToken, User
from documents.tokens import find_token

SESSION_STORE: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore


def identify(scope: Any, token: str = "") -> Identity | None:
    """The identity behind an ASGI scope, or None. Blocking: reads Redis and the database.

    `token`: one that came in a message. It counts before the scope's own proofs if it is one of ours at all: pages that
    use the cookie often have to give their provider some token, and give it any word.
    """
    if token.startswith(AccessToken.PREFIX):
        return _by_token(token)
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    given = _token(headers.get(b"authorization", ""), scope.get("query_string", b""))
    if given is not None:
        return _by_token(given)
    if not _own_origin(headers.get(b"origin"), headers.get(b"host", "")):
        return None
    return _by_cookie(headers.get(b"cookie", ""))


def ended(identities: Collection[Identity]) -> set[Identity]:
    """Those whose sign-in was ended. Raises what Redis or the database raise: then nothing is known.

    A session that Redis lost, but whose row in the list of sessions is there, was not ended by anybody: who is writing
    goes on writing, and signs in again at the next page.
    """
    tokens = {identity.token_id for identity in identities if identity.token_id is not None}
    valid = {token.pk for token in AccessToken.objects.filter(pk__in=tokens) if token.is_valid()}
    keys = {identity.session_key for identity in identities if identity.session_key is not None}
    missing = {key for key in keys if not SESSION_STORE().exists(key)}
    listed = set(UserSession.objects.filter(session_key__in=missing).values_list("session_key", flat=True))
    return {
        identity
        for identity in identities
        if (identity.token_id is not None and identity.token_id not in valid)
        or identity.session_key in missing - listed
    }


def _token(authorization: str, query: bytes) -> str | None:
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer" and value:
        return value.strip()
    given = parse_qs(query.decode("latin-1")).get("token")
    return given[0] if given else None


def _by_token(secret: str) -> Identity | None:
    token = find_token(secret)
    if token is None:
        return None
    return _identity(token.user, token_id=token.pk, read_only=token.scope == AccessToken.Scope.READ)


def _by_cookie(header: str) -> Identity | None:
    try:
        cookie = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if cookie is None:
        return None
    request: Any = SimpleNamespace(session=SESSION_STORE(cookie.value))
    user = auth.get_user(request)  # checks the session's hash against the user's password, too
    if not isinstance(user, User) or not user.is_active:
        return None
    return _identity(user, session_key=cookie.value)


def _identity(user: User, **proof: Any) -> Identity:
    return Identity(user.pk, user.name or user.email.partition("@")[0], user.color, **proof)


def _own_origin(origin: str | None, host: str) -> bool:
    if origin is None:  # no browser: a program may send any cookie it holds
        return True
    named = urlsplit(origin).netloc.lower()
    if named == host.lower():
        return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
    return named == urlsplit(settings.SITE_URL).netloc.lower()
