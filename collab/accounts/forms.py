"""The forms of the account pages: what Weft asks for beyond or instead of allauth's own."""

from datetime import timedelta
from typing import Any

from allauth.account import forms as account
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest

from documents.models import AccessToken, User
from documents.models.account import COLORS
from documents.names import one_line

HOW_TO_CHOOSE = "At least 8 characters, and not one that is easily guessed. A few unrelated words do well."


class NameField(forms.CharField):
    def to_python(self, value: Any) -> str:
        # One line, always: a name goes into messages, where a line of its own would read as ours.
        return one_line(str(super().to_python(value) or ""))


def name_field(**overrides: Any) -> NameField:
    field = NameField(
        label="Your name",
        max_length=User._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Tell us your name: it is shown beside what you write."},
    )
    for attribute, value in overrides.items():
        setattr(field, attribute, value)
    return field


class LoginForm(account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        if self.request is not None:  # an invitation's link knows whom it asks to sign in
            self.fields["login"].initial = self.request.GET.get("email")


class SignupForm(account.SignupForm):
    name = name_field()
    field_order = ["name", "email", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"
        if "password1" in self.fields:
            self.fields["password1"].help_text = HOW_TO_CHOOSE

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            # A new account's password is hashed, which takes a hundred times longer than all the rest: without, the
            # time of the answer would say what its words don't.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class AddEmailForm(account.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"


class RequestResetForm(account.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"


class _OnePassword:
    """Drops the "again" field: the page can show the password, which finds a slip better than typing blind twice."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        self.fields["password1"].label = "New password"
        self.fields["password1"].help_text = HOW_TO_CHOOSE


class ChangePasswordForm(_OnePassword, account.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Current password"


class SetPasswordForm(_OnePassword, account.SetPasswordForm):
    pass


class ResetPasswordForm(_OnePassword, account.ResetPasswordKeyForm):
    pass


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = "So that you can tell it from your others: “Laptop”, “Blue key”."
        self.fields["passwordless"].label = "Sign in with it instead of a password"
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].help_text = "Asks for your fingerprint, face or PIN. Without, it is a second step."


class ProfileForm(forms.Form):
    name = name_field(help_text="Shown to the people you write with.")
    color = forms.ChoiceField(
        label="Colour of your cursor",
        choices=[(color, color) for color in COLORS],
        widget=forms.RadioSelect,
        help_text="How others find you in a document.",
    )

    def offer(self, color: str) -> None:
        """One chosen through the API stays a choice."""
        if color not in COLORS:
            self.fields["color"].choices = [(color, color), *((each, each) for each in COLORS)]  # type: ignore[attr-defined]


class TokenForm(forms.Form):
    class Lifetime(models.TextChoices):
        MONTH = "30", "30 days"
        QUARTER = "90", "90 days"
        YEAR = "365", "One year"
        FOREVER = "0", "Never"

    name = forms.CharField(
        label="What is it for?",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Nightly export", "autocomplete": "off"}),
        error_messages={"required": "Say what it is for, so that you know which to revoke."},
    )
    scope = forms.ChoiceField(
        label="It may",
        initial=AccessToken.Scope.READ,
        choices=[
            (AccessToken.Scope.READ, "Read documents"),
            (AccessToken.Scope.WRITE, "Read and change documents"),
            (AccessToken.Scope.ADMIN, "Do everything you may, members included"),
        ],
    )
    lifetime = forms.ChoiceField(label="Expires", choices=Lifetime.choices, initial=Lifetime.QUARTER)

    def lifetime_chosen(self) -> timedelta | None:
        days = int(self.cleaned_data["lifetime"])
        return timedelta(days=days) if days else None


class FirstAdminForm(forms.Form):
    name = name_field()
    email = forms.EmailField(
        label="E-mail",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="You sign in with it. It counts as confirmed: you hold the server.",
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=HOW_TO_CHOOSE,
    )

    def clean(self) -> dict[str, Any]:
        from allauth.account.adapter import get_adapter

        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        person = User(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
        if password := cleaned.get("password"):
            try:
                get_adapter().clean_password(password, user=person)
            except ValidationError as refusal:
                self.add_error("password", refusal)
        return cleaned
