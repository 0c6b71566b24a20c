"""The application uvicorn runs: sockets, the HTTP transports, static files and health checks in front of Django, and
the lifespan of the hub and of what takes in published envelopes."""

import asyncio
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab.settings")

from django.core.asgi import get_asgi_application

_django = get_asgi_application()

from django.conf import settings  # noqa: E402  # what follows needs the apps

from collab import access  # noqa: E402
from collab.build import HEADER, build  # noqa: E402
from collab.headers import with_headers  # noqa: E402
from collab.health import PATHS, health, start_draining  # noqa: E402
from collab.hub import Hub  # noqa: E402
from collab.publishing import Publishing  # noqa: E402
from collab.relay import RedisRelay  # noqa: E402
from collab.routing import HttpTransports, sockets  # noqa: E402
from collab.static_files import PREFIX, SERVICE_WORKER, static_files  # noqa: E402
from collab.watching import PATH, Watch, of_the_pool  # noqa: E402
from presence.feed import Feed  # noqa: E402
from presence.receivers import send_on  # noqa: E402

_hub: Hub | None = None
_http: HttpTransports | None = None
_watch: Watch | None = None


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        access.connection(scope)
        await sockets({**scope, "hub": _hub}, receive, send)
    elif scope["type"] == "http":
        # uvicorn's `send` is a method of the cycle that holds the connection: kept, since it gets wrapped.
        await access.http(_answer, {**scope, "cycle": getattr(send, "__self__", None)}, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    send = with_headers(scope, send)
    # Health checks and files don't pay Django's 1.3 ms.
    if scope["path"] in PATHS:
        await health(scope, receive, send)
    elif scope["path"].startswith(PREFIX) or scope["path"] == SERVICE_WORKER:
        await static_files(scope, receive, send)
    elif _http is not None and _http.takes(scope["path"]):
        await _http(scope, receive, send)
    elif scope["path"] == PATH and _watch is not None:
        await _watch.serve(scope, send)
    elif scope["path"].startswith("/api/"):
        await _django(scope, receive, _naming_the_build(send))
    else:
        await _django(scope, receive, send)


def _naming_the_build(send: Any) -> Any:
    """Pages that stay open for weeks learn from any answer that there are newer ones."""

    async def naming(event: Any) -> None:
        if event["type"] == "http.response.start":
            event = {**event, "headers": [*event["headers"], (HEADER.lower().encode(), build().encode())]}
        await send(event)

    return naming


async def drain(seconds: float) -> None:
    """Before uvicorn shuts down: not ready any more, and sessions sent away one by one over `seconds`."""
    start_draining()
    if _http is not None:
        _http.drain()
    if _hub is not None:
        await _hub.drain(seconds)


async def _lifespan(receive: Any, send: Any) -> None:
    global _hub, _http, _watch
    await receive()
    relay, feed = RedisRelay(settings.REDIS.relay), Feed(settings.REDIS.plain)
    _hub = Hub(relay)
    _http = HttpTransports(_hub, feed)
    _watch = Watch("web", _hub.gauges, relay.gauges, of_the_pool, lambda: {"listeners": len(feed.listeners)})
    await _hub.start()
    await _http.start()
    send_on(asyncio.get_running_loop())
    publishing = Publishing(settings.REDIS.plain)
    publishing.start()
    _watch.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await _http.stop()
    await asyncio.gather(publishing.stop(), _hub.stop())
    send_on(None)
    await _watch.stop()
    await send({"type": "lifespan.shutdown.complete"})
