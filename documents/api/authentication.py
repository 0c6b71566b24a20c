"""Who is asking: a browser's session, whose page proves by CSRF that it means it, or a program's token."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import AuthenticationError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from documents.api.throttling import refuse_guesses
from documents.errors import Forbidden
from documents.models import AccessToken, User
from documents.tokens import find_token

Scope = AccessToken.Scope

READING = frozenset({"GET", "HEAD", "OPTIONS"})
# What a token of each scope may ask for. `write` is all that one does with documents, sharing them included; `admin` is
# also workspaces, who belongs to them, and tokens.
ALLOWS = {
    Scope.READ: {Scope.READ},
    Scope.WRITE: {Scope.READ, Scope.WRITE},
    Scope.ADMIN: {Scope.READ, Scope.WRITE, Scope.ADMIN},
}


class BearerToken(HttpBearer):
    """`Authorization: Bearer weft_…`. A token that doesn't fit ends the matter: the cookie beside it is not tried."""

    def __init__(self, changing: AccessToken.Scope = Scope.WRITE) -> None:
        self.changing = changing
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> User:
        found = find_token(token)
        if found is None:
            refuse_guesses(request)
            raise AuthenticationError
        needed = Scope.READ if request.method in READING else self.changing
        if needed not in ALLOWS[Scope(found.scope)]:
            raise Forbidden(f"This takes a token of scope “{needed}”.", code="scope_too_small")
        request.user = found.user
        return found.user


class SessionCookie(APIKeyCookie):
    """The browser's session, as Django's middleware read it."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        # Before CSRF, unlike ninja's: who isn't signed in should be told that, not that a token is missing.
        if not request.user.is_authenticated:
            return None
        if check_csrf(request):
            raise Forbidden("Send the X-CSRFToken header: GET /me has its value.", code="csrf")
        return request.user

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        raise NotImplementedError  # the base class wants it; __call__ needs no key


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that authentication let through."""
    assert request.user.is_authenticated
    return request.user


EVERYDAY = [BearerToken(), SessionCookie()]
ADMINISTERING = [BearerToken(changing=Scope.ADMIN), SessionCookie()]
