"""The app's one page, and the page for when nothing works. Where in the app somebody is, the browser sorts out; the API
decides what they see."""

import sys

from django.contrib.auth.decorators import login_required
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from collab import health
from collab.accounts.sessions import note_visit, person_of
from collab.build import build
from collab.metrics import COUNTERS
from documents.actions.workspaces import ensure_personal_workspace
from documents.api import faults

RETRY_SECONDS = 5


@login_required
@never_cache
@ensure_csrf_cookie
def app(request: HttpRequest, **_: object) -> HttpResponse:
    ensure_personal_workspace(person_of(request))
    note_visit(request)
    # "Your address is confirmed": being here says so. Kept, it would turn up on whichever page of ours is seen next,
    # days later or under a refusal.
    list(get_messages(request))
    return render(request, "app.html", {"build": build(), "person": person_of(request)})


@never_cache
def shell(request: HttpRequest) -> HttpResponse:
    """The page as it is for nobody in particular, which the service worker keeps for the time without a network:
    nothing personal in it, no cookie set, and no sign-in asked for."""
    return render(request, "app.html", {"build": build()})


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler500: an exception that nobody took. When it says that the database or Redis is away, it is no
    fault but a matter of waiting, and is answered so, in the words of whoever asked. Reads neither of them."""
    fault = sys.exc_info()[1]
    away = None if fault is None else health.missing(fault)
    if away is not None:
        COUNTERS[f"outages_told_{away}"] += 1
    if request.path.startswith("/api/"):
        return faults.unavailable() if away is not None else faults.broken()
    status = 500 if away is None else 503
    # Without the request: what its context reads (the session, who is signed in) may be what is away.
    response = HttpResponse(loader.render_to_string(f"{status}.html"), status=status)
    response["Cache-Control"] = "no-store"
    if away is not None:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
