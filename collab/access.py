"""Each HTTP request and each connection to a document: its id, its line in the log, its place in the numbers.

In front of everything that answers. The id is the one in `X-Request-ID`, if it is sane, else a new one; it goes back in
a header of that name, stands on pages that tell of an error, and on every line of the log that the request caused.
"""

import logging
import time
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import LazyObject

from collab import tracing
from collab.metrics import COUNTERS, histogram

log = logging.getLogger(__name__)

_ROUTES = (
    ("/static/", "static"),
    ("/api/", "api"),
    ("/accounts/", "accounts"),
    ("/invitations/", "accounts"),
    ("/admin/", "admin"),
    ("/sync/", "sync"),
    ("/events", "stream"),
    ("/healthz", "health"),
    ("/readyz", "health"),
    ("/metrics", "health"),
)
HELD = frozenset({"stream", "poll"})
"""How long they took says nothing: they are answered when there is news."""
QUIET = frozenset({"static", "health", "poll", "sync"})
"""Asked so often that a line of each would hide the others; those that fail have one."""


async def http(app: Any, scope: Any, receive: Any, send: Any) -> None:
    path: str = scope["path"]
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    trace = tracing.begin(given, tracing.document_in(path))
    status = 0
    started = time.perf_counter()

    async def sending(event: Any) -> None:
        nonlocal status
        if event["type"] == "http.response.start":
            status = event["status"]
            headers = [*event.get("headers", ()), (b"x-request-id", trace.request_id.encode())]
            event = {**event, "headers": headers}
        await send(event)

    try:
        await app(scope, receive, sending)
    finally:
        _answered(scope["method"], path, status, time.perf_counter() - started)


def route_of(path: str) -> str:
    route = next((route for start, route in _ROUTES if path.startswith(start)), "app")
    if route in ("sync", "stream") and path.endswith("/poll"):
        return "poll"
    return "stream" if route == "sync" and path.endswith("/events") else route


def connection(scope: Any) -> None:
    """A socket was opened: what follows in this task is about it."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    tracing.begin(given, tracing.document_in(scope["path"]))


def _answered(method: str, path: str, status: int, seconds: float) -> None:
    route = route_of(path)
    COUNTERS[f"http_requests_{route}_{status or 'none'}"] += 1
    if route not in HELD:
        histogram(f"http_seconds_{route}").observe(seconds)
    level = logging.DEBUG if route in QUIET and status < 400 else logging.INFO
    if log.isEnabledFor(level):
        shown = tracing.shown(path)
        extra = {"method": method, "path": shown, "status": status, "ms": round(seconds * 1000, 1)}
        log.log(level, "%s %s %s", method, shown, status or "unanswered", extra=extra)


@sync_and_async_middleware
def who(get_response: Any) -> Any:
    """Django's middleware beside the rest: whose request it was, if anything asked for that."""

    async def asynchronous(request: Any) -> Any:
        response = await get_response(request)
        _note(request)
        return response

    def synchronous(request: Any) -> Any:
        response = get_response(request)
        _note(request)
        return response

    return asynchronous if iscoroutinefunction(get_response) else synchronous


def _note(request: Any) -> None:
    # Not `request.user`: to ask it would read the session and the database for nothing else.
    known = vars(request).get("_cached_user") or vars(request).get("user")
    if known is not None and not isinstance(known, LazyObject) and known.pk is not None:
        tracing.by(known.pk)
