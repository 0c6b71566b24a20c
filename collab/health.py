"""`/healthz` (this process lives) and `/readyz` (send people here): what is away, and what follows from that.

Not ready without the database, and while draining. Without Redis *degraded*, and yet ready: Redis costs latency and
sign-ins, never content, all processes share it, and a balancer that took them all out would turn that into an outage
for those who are writing.

Raw ASGI, in front of Django: a balancer asks every few seconds, by an address that is in no ALLOWED_HOSTS, and must get
an answer also while every thread is busy.
"""

import asyncio
import json
from collections.abc import Awaitable

from asgiref.sync import sync_to_async
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from redis.exceptions import RedisError

PATHS = frozenset({"/healthz", "/readyz"})
ANSWER_SECONDS = 3.0

_draining = False


def start_draining() -> None:
    """From now on this process says that it isn't ready, so that nobody new is sent here."""
    global _draining
    _draining = True


def is_draining() -> bool:
    return _draining


async def health(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    if scope["path"] == "/healthz":
        status, report = 200, {"process": "ok"}
    else:
        report = await readiness()
        status = 200 if report["process"] in ("ok", "degraded") else 503
    body = json.dumps(report).encode()
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", str(len(body)).encode())],
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def readiness() -> dict[str, str]:
    if _draining:
        return {"process": "draining"}
    database, redis = await asyncio.gather(_answers(_ask_database()), _answers(_ask_redis()))
    process = "unavailable" if database != "ok" else "degraded" if redis != "ok" else "ok"
    return {"process": process, "database": database, "redis": redis}


def missing(fault: BaseException) -> str | None:
    """What is away, if that is what the exception tells: "database" or "redis"."""
    if isinstance(fault, (OperationalError, InterfaceError)):
        return "database"
    return "redis" if isinstance(fault, RedisError) else None


async def _answers(question: Awaitable[None]) -> str:
    try:
        await asyncio.wait_for(question, ANSWER_SECONDS)
    except (
        Exception
    ) as fault:  # whatever it is, the answer to "ready?" is no, and the kind of fault is all a stranger gets
        return f"unavailable ({type(fault).__name__})"
    return "ok"


async def _ask_database() -> None:
    def ask() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        finally:
            connection.close()

    # Not on the one thread that synchronous code shares: a long view there must not look like a dead database.
    await sync_to_async(ask, thread_sensitive=False)()


async def _ask_redis() -> None:
    relay, plain = settings.REDIS.relay, settings.REDIS.plain
    for server in [relay] if relay == plain else [relay, plain]:
        client = server.async_client(socket_timeout=ANSWER_SECONDS)
        try:
            await client.ping()
        finally:
            await client.aclose()
