"""The admin as part of Weft: its title, its trace in the audit log, and passwords changed where they are changed
everywhere.

Its sign-in is allauth's page too (`collab/urls.py`), so that two-factor authentication, passkeys and rate limits hold
here as elsewhere; Django's own forms know none of them.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from documents.actions.audit import record
from documents.admin.workspaces import label_of
from documents.models import Workspace


def change_password(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    return redirect("account_change_password")


class Suggestions(AutocompleteJsonView):
    """What is suggested while an operator types, told apart by more than its name."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        suggested = super().serialize_result(obj, to_field_name)
        return {**suggested, "text": label_of(obj)} if isinstance(obj, Workspace) else suggested


def suggest(request: HttpRequest) -> HttpResponseBase:
    return Suggestions.as_view(admin_site=site)(request)


def audited(admin_view: Callable[..., Callable[..., HttpResponse]]) -> Callable[..., Callable[..., HttpResponse]]:
    """Every change asked for here leaves an entry, also in tables of packages that know nothing of our audit log."""

    @wraps(admin_view)
    def wrap(view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        inner = admin_view(view, cacheable)

        @wraps(inner)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            operator = request.user
            response = inner(request, *args, **kwargs)
            if request.method == "POST" and site.has_permission(request) and response.status_code < 400:
                assert operator.is_authenticated
                chosen = request.POST.get("action") or None
                rows = len(request.POST.getlist("_selected_action")) or None
                record("admin.request", by=operator, path=request.path, chosen=chosen, rows=rows)
            return response

        return answer

    return wrap


site = admin.site
site.site_title = "Weft"
site.site_header = "Weft administration"
site.index_title = "Everything here"
# The views of a site are its methods, replaced before its addresses are made.
site.password_change = change_password  # type: ignore[method-assign,assignment]
site.autocomplete_view = suggest  # type: ignore[method-assign,assignment]
site.admin_view = audited(site.admin_view)  # type: ignore[method-assign,assignment]
