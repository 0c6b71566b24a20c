"""allauth's settings. collab.settings imports all of it."""

import os

from collab.accounts.providers import providers_from, sign_in_origins
from collab.limits import Limits

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
_limits = Limits.from_environment(os.environ)
ACCOUNT_RATE_LIMITS = {
    "login": f"{_limits.sign_ins_per_minute}/m/ip",
    "login_failed": f"{_limits.bad_passwords_per_minute}/m/ip,{_limits.bad_passwords_per_account}/300s/key",
    "signup": f"{_limits.sign_ups_per_minute}/m/ip",
    "reset_password": f"{_limits.resets_per_minute}/m/ip,5/m/key",
}

MFA_ADAPTER = "collab.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Weft"
MFA_FORMS = {"add_webauthn": "collab.accounts.forms.AddPasskeyForm"}

USERSESSIONS_ADAPTER = "collab.accounts.adapters.SessionsAdapter"

SOCIALACCOUNT_ADAPTER = "collab.accounts.adapters.SocialAdapter"
# An address the provider has verified signs in to the account that has it. When that account never proved the address
# itself, allauth wipes its password first: whoever registered somebody else's address in advance is locked out.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = providers_from(os.environ)
SIGN_IN_ORIGINS = sign_in_origins(os.environ)
