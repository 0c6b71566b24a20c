"""The account settings that allauth doesn't have: profile, API tokens, and ending one session."""

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from collab.accounts.forms import ProfileForm, TokenForm
from collab.accounts.sessions import person_of
from documents.actions import accounts
from documents.models import AccessToken


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = ProfileForm(request.POST or None, initial={"name": person.name, "color": person.color})
    form.offer(person.color)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        accounts.change_profile(by=person, user=person, name=chosen["name"], color=chosen["color"])
        messages.success(request, "Saved. Others see it when you next open a document.")
        return redirect("account_profile")
    return render(request, "accounts/profile.html", {"form": form})


@login_required
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    return _token_page(request, TokenForm(), None)


@require_POST
@login_required
@never_cache
@reauthentication_required
def create_token(request: HttpRequest) -> HttpResponse:
    """Answers with the page itself instead of a redirect: the token is shown once and stored nowhere on the way."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _token_page(request, form, None)
    person = person_of(request)
    lifetime = form.lifetime_chosen()
    _, token = accounts.create_token(
        by=person,
        user=person,
        name=form.cleaned_data["name"],
        scope=AccessToken.Scope(form.cleaned_data["scope"]),
        expires_at=timezone.now() + lifetime if lifetime else None,
    )
    return _token_page(request, TokenForm(), token)


@require_POST
@login_required
def revoke_token(request: HttpRequest, token_id: str) -> HttpResponse:
    person = person_of(request)
    token = get_object_or_404(AccessToken, pk=token_id, user=person)
    accounts.revoke_token(by=person, token=token)
    messages.success(request, f"“{token.name}” is revoked. What used it is shut out from now on.")
    return redirect("account_tokens")


@require_POST
@login_required
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    person = person_of(request)
    accounts.end_session(by=person, session=get_object_or_404(UserSession, pk=session_id, user=person))
    messages.success(request, "That session is signed out.")
    return redirect("usersessions_list")


def _token_page(request: HttpRequest, form: TokenForm, created: str | None) -> HttpResponse:
    owned = AccessToken.objects.filter(user=person_of(request), revoked_at=None)
    context = {"form": form, "created": created, "tokens": owned, "now": timezone.now()}
    return render(request, "accounts/tokens.html", context)
