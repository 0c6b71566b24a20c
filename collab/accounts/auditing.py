"""Signing in and out, and what changes how one signs in, as entries of the audit log.

Everything here is heard from Django and allauth, whose pages do these things. What our own actions do (tokens, ended
sessions, deactivated accounts) they write down themselves. An address that was tried and is nobody's is not kept: it
may as well be a password in the wrong field.
"""

from collections.abc import Mapping
from typing import Any

from allauth.account import signals as account
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from documents.actions.audit import record
from documents.models import User

USER_AGENT_LENGTH = 200


def note(
    action: str, request: HttpRequest | None, *, by: User | None, user: User | None, **details: str | None
) -> None:
    """With where from: the address as the server knows it (uvicorn reads X-Forwarded-For, for proxies it trusts)."""
    meta: Mapping[str, str] = request.META if request is not None else {}
    whence = {"address": meta.get("REMOTE_ADDR", ""), "browser": meta.get("HTTP_USER_AGENT", "")[:USER_AGENT_LENGTH]}
    known = {name: value for name, value in {**details, **whence}.items() if value}
    record(action, by=by, workspace=None, document=None, user=user, **known)


@receiver(user_logged_in)
def signed_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    steps = [str(step.get("method")) for step in get_authentication_records(request, user)] if request else []
    how = " and ".join(dict.fromkeys(steps)) or None
    note("session.signed_in", request, by=user, user=user, how=how)


@receiver(user_login_failed)
def sign_in_failed(credentials: Mapping[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    tried = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    note("session.sign_in_failed", request, by=None, user=_holder(tried))


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        note("session.signed_out", request, by=user, user=user)


@receiver(mfa.authenticator_used)
def second_factor_used(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    note("second_factor.used", request, by=user, user=user, type=authenticator.type)


@receiver(mfa.authentication_failed)
def second_factor_failed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    # Nobody's act: who failed is exactly what isn't known.
    note("second_factor.failed", request, by=None, user=user, type=authenticator.type)


@receiver(mfa.authenticator_added)
def second_factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    note("second_factor.added", request, by=user, user=user, type=authenticator.type)


@receiver(mfa.authenticator_removed)
def second_factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    note("second_factor.removed", request, by=user, user=user, type=authenticator.type)


@receiver(mfa.authenticator_reset)
def recovery_codes_made(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    note("second_factor.reset", request, by=user, user=user, type=authenticator.type)


@receiver(account.user_signed_up)
def signed_up(request: HttpRequest, user: User, **_: Any) -> None:
    note("user.signed_up", request, by=user, user=user)


@receiver([account.password_changed, account.password_set, account.password_reset])
def password_changed(request: HttpRequest, user: User, signal: Any, **_: Any) -> None:
    how = "user.password_reset" if signal is account.password_reset else "user.password_changed"
    note(how, request, by=user, user=user)


@receiver(account.email_confirmed)
def address_confirmed(request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    holder = email_address.user
    note("user.email_confirmed", request, by=holder, user=holder, email=email_address.email)


@receiver(account.email_changed)
def primary_address_changed(
    request: HttpRequest, user: User, from_email_address: EmailAddress | None, to_email_address: EmailAddress, **_: Any
) -> None:
    old = from_email_address.email if from_email_address else None
    note("user.email_changed", request, by=user, user=user, old=old, new=to_email_address.email)


@receiver(account.email_removed)
def address_removed(request: HttpRequest, user: User, email_address: EmailAddress, **_: Any) -> None:
    note("user.email_removed", request, by=user, user=user, email=email_address.email)


@receiver(social.social_account_added)
def provider_connected(request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    user = sociallogin.user
    note("user.provider_connected", request, by=user, user=user, provider=sociallogin.account.provider)


@receiver(social.social_account_removed)
def provider_disconnected(request: HttpRequest, socialaccount: Any, **_: Any) -> None:
    user = socialaccount.user
    note("user.provider_disconnected", request, by=user, user=user, provider=socialaccount.provider)


def _holder(address: str) -> User | None:
    return User.objects.filter(email=address).first() if address else None
