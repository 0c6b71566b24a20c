"""The API's addresses: ninja's, and what ninja leaves to Django (wrong methods, unknown paths) in the API's words."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from documents.api import api, faults


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    return faults.answer(404, "There is no such address in this API.")


def at_the_edge(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @wraps(view)  # with its csrf_exempt: authentication checks CSRF, for sessions only
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
            # Django measures a body by its Content-Length; without one, nothing would bound what it keeps.
            return faults.answer(411, "Send the body with its Content-Length.")
        asked, request.method = request.method, "GET" if request.method == "HEAD" else request.method
        response = view(request, *args, **kwargs)  # ninja knows no HEAD
        request.method = asked  # by which the server leaves the body out
        if response.status_code == 405:
            return faults.answer(405, "This address does not do that.", headers={"Allow": response["Allow"]})
        return response

    return answer


# Not as module names: `include` would read an `app_name` there as this module's own.
PATTERNS, APP_NAME, NAMESPACE = api.urls
for pattern in PATTERNS:
    assert isinstance(pattern, URLPattern)
    pattern.callback = at_the_edge(pattern.callback)

urlpatterns = [
    path("v1/", (PATTERNS, APP_NAME, NAMESPACE)),
    re_path(r"", unknown),
]
