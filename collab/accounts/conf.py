"""allauth's settings, and the sign-in providers the environment switches on. collab.settings imports all of it.

A provider exists when its two secrets are set; there is nothing else to configure, in the admin or elsewhere.
"""

from typing import Any

import environ

_env = environ.Env()  # type: ignore[no-untyped-call]

# Sign-up asks for a name, an e-mail and a password once: the page can show what was typed, so nobody types it twice.
ACCOUNT_ADAPTER = "collab.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None  # documents.User fills its own
ACCOUNT_USER_DISPLAY = "collab.accounts.adapters.display_name"
ACCOUNT_FORMS = {
    "login": "collab.accounts.forms.LoginForm",
    "add_email": "collab.accounts.forms.AddEmailForm",
    "reset_password": "collab.accounts.forms.RequestResetForm",
    "signup": "collab.accounts.forms.SignupForm",
    "change_password": "collab.accounts.forms.ChangePasswordForm",
    "set_password": "collab.accounts.forms.SetPasswordForm",
    "reset_password_from_key": "collab.accounts.forms.ResetPasswordForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Signs in only the browser that signed up; a link opened elsewhere confirms the address and nothing more.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5

MFA_ADAPTER = "collab.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Weft"
MFA_FORMS = {"add_webauthn": "collab.accounts.forms.AddPasskeyForm"}

SOCIALACCOUNT_ADAPTER = "collab.accounts.adapters.SocialAdapter"
# An address the provider has verified signs in to the account that has it. When that account never proved the address
# itself, allauth wipes its password first: whoever registered somebody else's address in advance is locked out.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True


def _providers(env: environ.Env) -> dict[str, dict[str, Any]]:
    def credentials(prefix: str) -> dict[str, str] | None:
        client, secret = env.str(f"{prefix}_CLIENT_ID", default=""), env.str(f"{prefix}_CLIENT_SECRET", default="")
        return {"client_id": client, "secret": secret} if client and secret else None

    providers: dict[str, dict[str, Any]] = {}
    if google := credentials("GOOGLE"):
        providers["google"] = {"APPS": [google], "SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True}
    if github := credentials("GITHUB"):
        providers["github"] = {"APPS": [github], "SCOPE": ["read:user", "user:email"]}
    server = env.str("OIDC_SERVER_URL", default="")
    if server and (oidc := credentials("OIDC")):
        app = {
            "provider_id": "oidc",  # in the redirect URI that operators register: /accounts/oidc/oidc/login/callback/
            "name": env.str("OIDC_NAME", default="Single sign-on"),
            "settings": {"server_url": server},
            **oidc,
        }
        providers["openid_connect"] = {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
    return providers


SOCIALACCOUNT_PROVIDERS = _providers(_env)
