"""Who opens a socket or a stream: by session cookie or by access token. The same answer Django's middleware would give,
in one thread hop.

A cookie is sent by the browser whatever page asks, so it counts only with an `Origin` of our own, and, where a browser
sends none (a GET), not when it says itself that another site asks; a token is proof by itself.
"""

import hashlib
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qs, urlsplit

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase
from django.http.request import split_domain_port, validate_host

from collab import rights
from collab.session import Identity
from documents.models import AccessToken, User
from documents.tokens import find_token

SESSION_STORE: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore


class Proof(NamedTuple):
    """What somebody shows to say who they are; asked of nobody yet."""

    kind: Literal["token", "cookie"]
    value: str

    @property
    def digest(self) -> bytes:
        """Equal for all requests of one sign-in."""
        return hashlib.sha256(f"{self.kind} {self.value}".encode()).digest()


def shown(scope: Any, token: str = "") -> Proof | None:
    """What an ASGI scope shows as proof; None when it shows none that it may show.

    `token`: one that came in a message. It counts before the scope's own proofs if it is one of ours at all: pages that
    use the cookie often have to give their provider some token, and give it any word.
    """
    if token.startswith(AccessToken.PREFIX):
        return Proof("token", token)
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    given = _token(headers.get(b"authorization", ""), scope.get("query_string", b""))
    if given is not None:
        return Proof("token", given)
    host, fetched_from = headers.get(b"host", ""), headers.get(b"sec-fetch-site", "")
    secure = scope.get("scheme") in ("https", "wss")
    if not _own_page(headers.get(b"origin"), host, fetched_from, secure=secure):
        return None
    try:
        cookie = SimpleCookie(headers.get(b"cookie", "")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return None if cookie is None else Proof("cookie", cookie.value)


def identity_of(proof: Proof) -> Identity | None:
    """Who proves themselves by it, or None. Blocking: reads Redis and the database."""
    return _by_token(proof.value) if proof.kind == "token" else _by_cookie(proof.value)


def identify(scope: Any) -> Identity | None:
    """The identity behind an ASGI scope, or None. Blocking, as `identity_of`."""
    proof = shown(scope)
    return None if proof is None else identity_of(proof)


def ended(identities: Collection[Identity]) -> set[Identity]:
    """Those whose sign-in was ended, or who were deactivated. Raises what Redis or the database raise: then nothing is
    known.

    A session that Redis lost, but whose row in the list of sessions is there, was not ended by anybody: who is writing
    goes on writing, and signs in again at the next page. One whose row was there and isn't has been ended, and to know
    that takes no Redis: only sessions that never were in the list are looked for there.
    """
    inactive = rights.inactive({identity.user_id for identity in identities})
    tokens = {identity.token_id for identity in identities if identity.token_id is not None}
    valid = {token.pk for token in AccessToken.objects.filter(pk__in=tokens) if token.is_valid()}
    keys = {identity.session_key for identity in identities if identity.session_key is not None}
    unlisted = keys - set(UserSession.objects.filter(session_key__in=keys).values_list("session_key", flat=True))
    were_listed = {identity.session_key for identity in identities if identity.listed}
    gone = {key for key in unlisted if key in were_listed or not SESSION_STORE().exists(key)}
    return {
        identity
        for identity in identities
        if identity.user_id in inactive
        or (identity.token_id is not None and identity.token_id not in valid)
        or identity.session_key in gone
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


def _by_cookie(session_key: str) -> Identity | None:
    request: Any = SimpleNamespace(session=SESSION_STORE(session_key))
    user = auth.get_user(request)  # checks the session's hash against the user's password, too
    if not isinstance(user, User) or not user.is_active:
        return None
    listed = UserSession.objects.filter(session_key=session_key).exists()
    return _identity(user, session_key=session_key, listed=listed)


def _identity(user: User, **proof: Any) -> Identity:
    return Identity(user.pk, user.name or user.email.partition("@")[0], user.color, **proof)


def _own_page(origin: str | None, host: str, fetched_from: str, *, secure: bool) -> bool:
    if origin is None:  # a GET, or no browser: a program may send any cookie it holds
        return fetched_from in ("", "same-origin", "none")
    named, site = urlsplit(origin), urlsplit(settings.SITE_URL)
    netloc = named.netloc.lower()  # with its port; "null" has none
    if netloc == site.netloc.lower() and named.scheme == site.scheme:
        return True
    if netloc != host.lower() or not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    if named.scheme == "http":
        # Whoever sits on the line can put a page there: it doesn't speak for the one that came by TLS.
        return not secure and (netloc != site.netloc.lower() or site.scheme == "http")
    return named.scheme == "https"
