"""The application uvicorn runs (the engine adds the sockets and its lifespan)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab.settings")

from django.core.asgi import get_asgi_application

_django = get_asgi_application()

from collab.health import PATHS, health  # noqa: E402  # needs the settings
from collab.static_files import PREFIX, static_files  # noqa: E402


async def application(scope, receive, send):  # type: ignore[no-untyped-def]
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    if scope["type"] == "http" and scope["path"] in PATHS:
        await health(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].startswith(PREFIX):
        await static_files(scope, receive, send)
    else:
        await _django(scope, receive, send)
