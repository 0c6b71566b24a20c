"""The app's one page. Where in it somebody is, the browser sorts out; the API decides what they see."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from collab.accounts.sessions import note_visit, person_of
from collab.build import build
from documents.actions.workspaces import ensure_personal_workspace


@login_required
@never_cache
@ensure_csrf_cookie
def app(request: HttpRequest, **_: object) -> HttpResponse:
    ensure_personal_workspace(person_of(request))
    note_visit(request)
    return render(request, "app.html", {"build": build(), "person": person_of(request)})


@never_cache
def shell(request: HttpRequest) -> HttpResponse:
    """The page as it is for nobody in particular, which the service worker keeps for the time without a network:
    nothing personal in it, no cookie set, and no sign-in asked for."""
    return render(request, "app.html", {"build": build()})
