"""Where Weft answers allauth's questions."""

import base64
import hashlib
import ipaddress
import re
import secrets
from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes

from documents.actions.accounts import end_session
from documents.models import User
from documents.names import one_line


def display_name(user: User) -> str:
    return user.name


def mail_is_printed() -> bool:
    """No mail server is set up: messages go to the terminal that runs Weft, and pages must say so."""
    return settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account has been deactivated. Ask an administrator to turn it on again.",
        "email_password_mismatch": "That e-mail and password don't match. Check both, or reset the password.",
        "enter_current_password": "That isn't your current password. Try again, or reset it from the sign-in page.",
        "incorrect_password": "That isn't your password. Try again.",
        "incorrect_code": "That code isn't right. Check it and try again.",
        "too_many_login_attempts": "Too many tries for this account. Wait five minutes, or reset the password.",
        "rate_limited": "Too many tries. Wait a minute, then try again.",
        "duplicate_email": "You have this address on your account already.",
        "max_email_addresses": "An account can have %d addresses. Remove one first.",
    }

    def save_user(
        self, request: HttpRequest, user: AbstractBaseUser, form: Any, commit: bool = True
    ) -> AbstractBaseUser:
        assert isinstance(user, User)
        user.name = form.cleaned_data.get("name") or user.name
        return super().save_user(request, user, form, commit)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """The text is written once, by the template; its HTML is the same in the design's clothes, links as buttons."""
        message: EmailMessage = super().render_mail(
            template_prefix, email, {**context, "site": settings.SITE_URL}, headers
        )
        if isinstance(message, EmailMultiAlternatives) and not message.alternatives:
            paragraphs = [
                {"text": text, "is_link": text.startswith(("http://", "https://")) and not any(map(str.isspace, text))}
                for text in map(str.strip, re.split(r"\n\s*\n", str(message.body)))
                if text
            ]
            letter = render_to_string("email/letter.html", {"paragraphs": paragraphs, "action": message.subject})
            message.attach_alternative(letter, "text/html")
        return message

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_profile")


class SocialAdapter(DefaultSocialAccountAdapter):
    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> SocialApp:
        """A provider that isn't set up has no pages; allauth's would answer 500, and leave a scanner's noise in the
        log. Its own views catch what this raises where they expect it: the openid_connect ones, which then say 404."""
        try:
            app: SocialApp = super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist:
            raise Http404(f"{provider} is not set up") from None
        return app

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        name = data.get("name") or " ".join(filter(None, (data.get("first_name"), data.get("last_name"))))
        user.name = one_line(name)[: User._meta.get_field("name").max_length]
        return user


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """“Sign out everywhere else”."""
        for session in sessions:
            end_session(by=session.user, session=session)


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That code isn't right. Codes change every 30 seconds: use the one shown now.",
        "unverified_email": "Confirm your e-mail address first: it is the way back in when you lose your telephone.",
    }

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _keys().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # SECRET_KEY was replaced without keeping the old one in SECRET_KEY_FALLBACKS. A secret nobody knows matches
            # no code (an empty one would, for whoever computes it); an administrator removes the authenticator then.
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "My passkey" if count == 0 else f"Passkey {count + 1}"

    def _get_site_name(self) -> str:
        return "Weft"  # what the browser's passkey dialogue calls us; the host name stays what passkeys are bound to


def _keys() -> MultiFernet:
    """Codes' secrets lie encrypted in the database, so that a copy of it alone is no second factor."""
    digests = [
        hashlib.sha256(b"weft.mfa:" + force_bytes(key)).digest()
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def passkeys_work_on(request: HttpRequest) -> bool:
    """Browsers bind passkeys to a domain name over TLS (or to localhost): a bare address can't have any."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == "localhost" or host.endswith(".localhost")
    return False
