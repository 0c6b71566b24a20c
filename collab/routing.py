"""Where connections go: socket paths here, those of the HTTP transports in `transports.http`."""

import asyncio
from typing import Any

from channels.routing import URLRouter
from django.conf import settings
from django.urls import path, re_path

from collab import signed_in
from collab.hub import refusal
from collab.threads import in_reader
from collab.transports.hocuspocus import HocuspocusConsumer
from collab.transports.http import HttpTransports as HttpTransports
from collab.transports.websocket import DocumentConsumer, UnknownSocket, turn_away
from presence.events import EventsConsumer

_events = EventsConsumer.as_asgi()


async def events(scope: Any, receive: Any, send: Any) -> None:
    try:
        async with asyncio.timeout(settings.LIMITS.handshake_seconds):
            scope["identity"] = await in_reader(signed_in.identify, scope)
    except Exception as error:  # Redis or the database are away, or too slow
        await turn_away(refusal(error), receive, send)
        return
    await _events(scope, receive, send)


sockets = URLRouter(
    [
        path("ws/y/<uuid:document_id>", DocumentConsumer.as_asgi()),
        path("ws/hocuspocus", HocuspocusConsumer.as_asgi()),
        path("ws/events", events),  # type: ignore[arg-type]  # an ASGI application, for Channels' router
        re_path(r"", UnknownSocket.as_asgi()),
    ]
)
