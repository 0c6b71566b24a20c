"""Every failure of the API in one shape: `{"error": {"code", "message", "fields"?}}`, whoever raised it."""

import math
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from documents.errors import Invalid, RateLimited, WeftError
from documents.log import DocumentGone

# Our words for failures that the framework notices before any code of ours runs.
CODES = {
    400: "malformed",
    401: "signed_out",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    411: "length_required",
    413: "too_large",
    429: "rate_limited",
    503: "unavailable",
}


def answer(
    status: int,
    message: str = "",
    *,
    code: str = "",
    fields: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    error: dict[str, Any] = {
        "code": code or CODES.get(status, "failed"),
        "message": message or f"{HTTPStatus(status).phrase}.",
    }
    if fields:
        error["fields"] = fields
    return JsonResponse({"error": error}, status=status, headers=headers)


def answer_faults(api: NinjaAPI) -> None:
    """Teach `api` to answer exceptions; ninja picks the handler of the nearest class."""
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)


def _weft(request: HttpRequest, error: WeftError) -> HttpResponse:
    fields = error.fields if isinstance(error, Invalid) else None
    retry_after = error.retry_after if isinstance(error, RateLimited) else None
    headers = None if retry_after is None else {"Retry-After": str(retry_after)}
    return answer(error.status, error.message, code=error.code, fields=fields, headers=headers)


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Pydantic's list of complaints as one sentence a field, named as the caller named it."""
    fields: dict[str, str] = {}
    for complaint in error.errors:
        # ("body", "payload", "title"): where it was, what we called the body, and what the caller called the field.
        source, *path = complaint["loc"]
        named = path[1:] if source == "body" else path
        fields.setdefault(
            ".".join(str(part) for part in named) or str(source), complaint["msg"].removeprefix("Value error, ")
        )
    return answer(422, "Some of what was sent is not valid.", code="invalid", fields=fields)


def _signed_out(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return answer(401, "Sign in, or send a token that is still valid.", headers={"WWW-Authenticate": "Bearer"})


def _throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    headers = {"Retry-After": str(math.ceil(error.wait))} if error.wait is not None else None
    return answer(429, "Too many requests. Try again in a moment.", headers=headers)


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return answer(error.status_code, str(error))


def _not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer(404, "There is nothing here, or nothing you may see.")


def _forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return answer(403, str(error))


def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return answer(413, "The request is larger than this server takes.")


def unavailable() -> HttpResponse:
    """What everything rests on does not answer."""
    return answer(
        503, "The server's storage does not answer just now. Try again in a moment.", headers={"Retry-After": "5"}
    )


def broken() -> HttpResponse:
    return answer(500, "Something went wrong on our side.", code="internal")


HANDLERS: dict[type[Exception], Any] = {
    WeftError: _weft,
    ValidationError: _invalid,
    AuthenticationError: _signed_out,
    Throttled: _throttled,
    HttpError: _http,
    Http404: _not_found,
    DocumentGone: _not_found,  # purged while it was being read
    PermissionDenied: _forbidden,
    RequestDataTooBig: _too_large,
    # All else goes on to Django, which logs it and asks the project's handler500: that knows an outage from a fault.
}
